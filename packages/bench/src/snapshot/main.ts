// What snapshots cost: evaluation of a hundred flags, the first read of a flag, further reads, and a hundred evaluations
// at once; beside posthog-node in the same process, in turns.
//
//   npx tsx --expose-gc packages/bench/src/snapshot/main.ts
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { evaluateFlags, type FlagSnapshot, LocalEvaluator, PostHog } from "effect-posthog"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { setImmediate } from "node:timers/promises"
import type { FeatureFlagEvaluations } from "posthog-node"
import { mixedFlags, users } from "../flags/mix.ts"
import { definitionsDocument } from "../flags/posthog.ts"
import { compare } from "../measuring/compare.ts"
import { eventLoopHeld } from "../measuring/eventLoop.ts"
import { type Contender, interleaved, named } from "../measuring/interleaved.ts"
import { openEvaluator } from "../peers/evaluator.ts"
import { openLocalClient } from "../peers/posthogNode.ts"

const effort = { rounds: 9, roundMillis: 100, warmUpMillis: 300 }
const people = users(512)

/** Serves definitions and takes no interest in events. */
const serve = async (flags: number) => {
  const document = JSON.stringify(definitionsDocument(mixedFlags(flags)))
  const server = createServer((request, response) => {
    request.resume()
    response.setHeader("content-type", "application/json")
    response.end(request.url?.startsWith("/flags/definitions") === true ? document : `{"status":1}`)
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }
}

const openOurs = async (url: string) => {
  const runtime = ManagedRuntime.make(
    PostHog.layer({
      apiKey: Redacted.make("phc_bench"),
      secretKey: Redacted.make("phs_bench"),
      host: url,
      events: { flushAt: 10_000_000, queueSize: 10_000_000, flushInterval: "1 day", shutdownTimeout: "1 millis" }
    }).pipe(Layer.provide(FetchHttpClient.layer))
  )
  await runtime.runPromise(Effect.flatMap(LocalEvaluator, (evaluator) => evaluator.ready))
  return runtime
}

const patience = { flushAt: 10_000_000, maxQueueSize: 10_000_000, flushInterval: 86_400_000 }

const evaluateOurs = (user: number) =>
  evaluateFlags({
    distinctId: people[user % people.length]?.id ?? "",
    personProperties: people[user % people.length]?.attributes,
    onlyEvaluateLocally: true
  })

const repeat = <A, E, R>(count: number, work: (index: number) => Effect.Effect<A, E, R>) => {
  let index = 0
  return Effect.whileLoop({ while: () => index < count, body: () => work(index++), step: () => {} })
}

const { close, url } = await serve(100)
const ours = await openOurs(url)
const theirs = await openLocalClient(url, patience)
const evaluator = await openEvaluator(mixedFlags(100), people)
const keys = mixedFlags(100).map(({ key }) => key)
const keyOf = (index: number) => keys[index % keys.length] ?? ""
const warmOurs = await ours.runPromise(evaluateOurs(0))
const warmTheirs = await theirs.evaluateFlags(people[0]?.id ?? "", { onlyEvaluateLocally: true })

let fresh = 0
const snapshotsOurs: Array<FlagSnapshot> = []
const snapshotsTheirs: Array<FeatureFlagEvaluations> = []
const firstReads = 10_000
const freshIds = () => Array.from({ length: firstReads / keys.length }, () => `fresh-${fresh++}`)

const contenders: Record<string, ReadonlyArray<Contender>> = {
  "100 flags, all local": [
    { name: "ours", run: (count) => ours.runPromise(repeat(count, evaluateOurs)) },
    {
      name: "posthog-node",
      run: async (count) => {
        for (let index = 0; index < count; index++) {
          const person = people[index % people.length]
          await theirs.evaluateFlags(person?.id ?? "", {
            onlyEvaluateLocally: true,
            personProperties: person?.attributes ?? {}
          })
        }
      }
    },
    {
      name: "evaluator alone",
      run: (count) => {
        for (let index = 0; index < count; index++) evaluator.evaluate(index % people.length)
      }
    }
  ],
  "one flag of 100": [
    {
      name: "ours",
      run: (count) =>
        ours.runPromise(
          repeat(count, (index) =>
            evaluateFlags({
              distinctId: people[index % people.length]?.id ?? "",
              flagKeys: [keyOf(0)],
              onlyEvaluateLocally: true
            }))
        )
    },
    {
      name: "posthog-node",
      run: async (count) => {
        for (let index = 0; index < count; index++) {
          const person = people[index % people.length]
          await theirs.evaluateFlags(person?.id ?? "", { flagKeys: [keyOf(0)], onlyEvaluateLocally: true })
        }
      }
    }
  ],
  "warm isEnabled": [
    { name: "ours", run: (count) => ours.runPromise(repeat(count, (index) => warmOurs.isEnabled(keyOf(index)))) },
    {
      name: "posthog-node",
      run: (count) => {
        for (let index = 0; index < count; index++) warmTheirs.isEnabled(keyOf(index))
      }
    }
  ],
  "first isEnabled": [
    {
      name: "ours",
      count: firstReads,
      prepare: async () => {
        snapshotsOurs.length = 0
        snapshotsOurs.push(
          ...await ours.runPromise(
            Effect.forEach(freshIds(), (distinctId) => evaluateFlags({ distinctId, onlyEvaluateLocally: true }))
          )
        )
      },
      run: (count) =>
        ours.runPromise(
          repeat(count, (index) => {
            const snapshot = snapshotsOurs[Math.floor(index / keys.length)]
            return snapshot === undefined ? Effect.die("no snapshot") : snapshot.isEnabled(keyOf(index))
          })
        )
    },
    {
      name: "posthog-node",
      count: firstReads,
      prepare: async () => {
        snapshotsTheirs.length = 0
        for (const id of freshIds()) {
          snapshotsTheirs.push(await theirs.evaluateFlags(id, { onlyEvaluateLocally: true }))
        }
      },
      run: (count) => {
        for (let index = 0; index < count; index++) {
          snapshotsTheirs[Math.floor(index / keys.length)]?.isEnabled(keyOf(index))
        }
        // It queues the exposures in promises.
        return setImmediate()
      }
    }
  ]
}

const wanted = process.argv.slice(2)
for (const [row, group] of Object.entries(contenders)) {
  if (wanted.length > 0 && !wanted.some((word) => row.includes(word))) continue
  const measured = await interleaved(group, effort)
  const { cpuRatio, ratio } = compare(measured, { row, ours: "ours", anchor: "posthog-node" })
  const numbers = group.map(({ name }) => {
    const { cpuMicros, nanos } = named(measured, name)
    return `${name} ${(nanos / 1000).toFixed(2)} µs (cpu ${cpuMicros.toFixed(2)})`
  })
  console.log(`${row}: ${ratio.toFixed(1)} times posthog-node, by cpu ${cpuRatio?.toFixed(1)}: ${numbers.join(", ")}`)
}

if (wanted.length === 0 || wanted.includes("loop")) {
  const large = await serve(1000)
  const runtime = await openOurs(large.url)
  const concurrent = () =>
    runtime.runPromise(
      Effect.forEach(Array.from({ length: 100 }), (_, index) => evaluateOurs(index), { concurrency: "unbounded" })
    )
  await concurrent()
  for (let round = 0; round < 3; round++) {
    const start = process.hrtime.bigint()
    const { millis } = await eventLoopHeld(concurrent)
    const total = Number(process.hrtime.bigint() - start) / 1e6
    console.log(`100 evaluations of 1,000 flags at once: ${total.toFixed(1)} ms, loop held ${millis.toFixed(1)} ms`)
  }
  await runtime.dispose()
  large.close()
}

await ours.dispose()
// posthog-node would send all that was queued.
close()
process.exit(0)
