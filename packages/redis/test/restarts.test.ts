import { RedisClaims } from "@effect-posthog/redis"
import { assert, describe, it } from "@effect/vitest"
import { evaluateFlags, EventQueue, Events, LocalEvaluator } from "effect-posthog"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import { ioredis6, nodeRedis6 } from "./support/clients.ts"
import { newProject } from "./support/config.ts"
import { definitionsEndpoint, instance } from "./support/instances.ts"
import { inStep, scaledLease } from "./support/participants.ts"
import { isInstalled, missing, realPause, startRedis } from "./support/servers.ts"
import { RecordingTransport } from "./support/transport.ts"

const suite = isInstalled ? describe.sequential : describe.skip

const restarts = 20

/** Longer than a poll interval with its jitter. */
const interval = Duration.seconds(33)

suite("A Redis that is restarted twenty times", () => {
  // The server comes back empty each time: lease, definitions and claims are gone.
  it.scoped(
    "costs eight instances neither their definitions nor more fetches than one instance makes",
    () =>
      Effect.gen(function*() {
        const server = yield* startRedis()
        const { counted, passTime } = inStep([yield* ioredis6.connect(server.port)])
        const endpoint = definitionsEndpoint({ key: "editor" })
        const project = newProject()
        const evaluators = yield* Effect.forEach([...Array(8).keys()], (index) =>
          Effect.gen(function*() {
            const client = yield* (index % 2 === 0 ? ioredis6 : nodeRedis6).connect(server.port)
            const context = yield* Layer.build(instance({
              client: counted(client),
              project,
              endpoint: endpoint.layer,
              transport: new RecordingTransport(),
              definitions: { lease: scaledLease }
            }))
            const evaluator = Context.get(context, LocalEvaluator)
            yield* evaluator.ready
            return evaluator
          }))
        for (let restart = 0; restart < restarts; restart++) {
          yield* server.kill
          yield* server.start
          yield* passTime(interval)
          for (const { status } of evaluators) {
            const { failures, flags, stale } = yield* status
            assert.deepStrictEqual({ failures, flags, stale }, { failures: 0, flags: 1, stale: false })
          }
        }
        // One instance asks once in 30 to 33 seconds.
        assert.isAtMost(endpoint.requests(), 1.2 * (1 + (restarts * 33) / 30))
        assert.isAtLeast(endpoint.requests(), restarts / 2)
      }),
    120_000
  )

  it.scopedLive(
    "under load loses no exposure, and repeats only what was sent without a claim",
    () =>
      Effect.gen(function*() {
        const server = yield* startRedis("--appendonly", "yes", "--appendfsync", "no")
        const endpoint = definitionsEndpoint({ key: "editor" }, { key: "search" })
        const transport = new RecordingTransport()
        const project = newProject()
        const unchecked = Effect.map(
          Metric.value(Metric.tagged(RedisClaims.claims, "outcome", "unchecked")),
          ({ count }) => count
        )
        const before = yield* unchecked
        const people = [0, 0, 0, 0]
        const contexts = yield* Effect.forEach(people, (_, index) =>
          Effect.gen(function*() {
            const client = yield* (index % 2 === 0 ? ioredis6 : nodeRedis6).connect(server.port)
            const context = yield* Layer.build(instance({
              client,
              project,
              endpoint: endpoint.layer,
              transport,
              pollInterval: "100 millis",
              claims: { retryAfter: "100 millis" }
            }))
            yield* Context.get(context, LocalEvaluator).ready
            return context
          }))
        const serve = (index: number) =>
          Effect.gen(function*() {
            const distinctId = `person-${people[index]}`
            const snapshot = yield* evaluateFlags({ distinctId, onlyEvaluateLocally: true })
            assert.isTrue(yield* snapshot.isEnabled("editor"))
            assert.isTrue(yield* snapshot.isEnabled("search"))
            people[index]!++
            yield* Effect.sleep("1 millis")
          })
        const restarting = Effect.gen(function*() {
          for (let restart = 0; restart < restarts; restart++) {
            const served = [...people]
            yield* server.kill
            yield* server.start
            // Between two restarts each instance serves some people.
            yield* Effect.repeat(realPause, {
              until: () => people.every((count, index) => count >= served[index]! + 20)
            })
          }
        })
        const serving = Effect.forEach(
          contexts,
          (context, index) => Effect.provide(Effect.forever(serve(index)), context),
          { concurrency: "unbounded", discard: true }
        )
        yield* Effect.raceFirst(restarting, serving)
        for (const context of contexts) {
          yield* Effect.provide(Events.flush, context)
          const { accepted, delivered, dropped, duplicates } = yield* Context.get(context, EventQueue).counts
          assert.strictEqual(dropped, 0)
          assert.strictEqual(accepted, delivered + duplicates)
        }
        const arrived = transport.events.map(({ distinctId, properties }) =>
          `${distinctId} ${String(properties["$feature_flag"])}`
        )
        const unique = new Set(arrived)
        for (let person = 0; person < Math.max(...people); person++) {
          for (const flag of ["editor", "search"]) {
            assert.isTrue(unique.has(`person-${person} ${flag}`), `person ${person}`)
          }
        }
        assert.isAtMost(arrived.length - unique.size, (yield* unchecked) - before)
      }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger))),
    120_000
  )
})

if (!isInstalled) it.skip(missing, () => {})
