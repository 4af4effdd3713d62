// Generated from packages/effect-posthog/test/exceptions/load.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { PostHogServer } from "@effect-posthog/testkit"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { assert, describe, it } from "../support/effectVitest.ts"
import { Effect, Exit, Layer, Logger, Redacted, Schedule, Scope } from "effect"
import { EventQueue, PostHog } from "effect-posthog-4"
import type { EventId } from "effect-posthog-4"
import * as Exceptions from "effect-posthog-4/Exceptions"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

setFlagsFromString("--expose-gc")
const collectGarbage: () => void = runInNewContext("gc")

/** Megabytes of the heap that are in use. */
const heap = Effect.sync(() => {
  collectGarbage()
  return process.memoryUsage().heapUsed / 1024 ** 2
})

/** What an effect leaves in memory, in megabytes. */
const growth = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const before = yield* heap
    yield* effect
    return (yield* heap) - before
  })

const forgetful = Layer.mock(EventQueue, {
  tryOffer: () => Effect.succeed({ _tag: "Accepted", id: "0190a0c8-0000-7000-8000-000000000000" as EventId }),
  deliveries: undefined as never
})

const quiet = Logger.layer([])

/** `npx pnpm check` sets PROPERTY_RUNS to 4. */
const failures = 15_000 * Number(process.env["PROPERTY_RUNS"] ?? 1)

/** An error of a kind of its own that holds 10 KB: 15,000 of them are 150 MB. */
const heavy = (index: number): Error =>
  Object.assign(new Error("x"), { name: `Kind${index}`, data: new Array(1250).fill(index + 0.5) })

const times = <E, R>(count: number, effect: (index: number) => Effect.Effect<unknown, E, R>) =>
  Effect.forEach(Array.from({ length: count }, (_, index) => index), effect, { discard: true })

describe("thousands of failures at once, each of a kind of its own, stay in bounded memory", () => {
  it.scopedLive("in the limiter", () =>
    Effect.gen(function*() {
      const fail = (index: number) =>
        Effect.exit(Exceptions.withReporting(Effect.suspend(() => Effect.fail(heavy(index)))))
      yield* times(1000, fail)
      assert.isBelow(yield* growth(times(failures, fail)), 50)
    }).pipe(Effect.provide(Layer.merge(forgetful, quiet))), 60_000)

  it.scopedLive("while they wait behind the logger", () =>
    Effect.gen(function*() {
      const log = (index: number) => Effect.logError("failed", heavy(index))
      yield* times(1000, log)
      assert.isBelow(yield* growth(times(failures, log)), 50)
    }).pipe(Effect.provide(Exceptions.layerLogger.pipe(Layer.provideMerge(Layer.merge(forgetful, quiet))))), 60_000)
})

describe("a server that goes down while the logger reports", () => {
  it.scopedLive("costs the program nothing, and gets what is reported when it is back", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const first = yield* Scope.provide(PostHogServer.make({}), scope)
      const client = PostHog.layer({
        apiKey: Redacted.make("phc_test"),
        host: first.url,
        events: { maxRetries: 0, retryBase: "1 millis", requestTimeout: "2 seconds", shutdownTimeout: "2 seconds" }
      }).pipe(Layer.provide(FetchHttpClient.layer))
      const log = (message: string) => Effect.logError("failed", Object.assign(new Error(message), { name: message }))

      yield* Effect.gen(function*() {
        const queue = yield* EventQueue
        /** Flushes until this is so: the logger reports in a fiber of its own. */
        const until = (isSo: Effect.Effect<boolean>) =>
          Effect.andThen(queue.flush, isSo).pipe(
            Effect.repeat({ until: (reached) => reached, schedule: Schedule.spaced("20 millis") }),
            Effect.timeout("20 seconds")
          )
        const accepted = (count: number) => until(Effect.map(queue.counts, (counts) => counts.accepted === count))

        yield* log("before")
        yield* until(Effect.map(first.exceptions, ({ length }) => length === 1))

        yield* Scope.close(scope, Exit.void)
        yield* times(50, (index) => log(`Down${index}`))
        yield* accepted(51)
        yield* until(Effect.map(queue.counts, ({ dropped }) => dropped > 0))
        // What the library says about the outage is not reported itself.
        yield* accepted(51)

        const second = yield* PostHogServer.make({ port: Number(new URL(first.url).port) })
        yield* log("after")
        yield* until(Effect.map(second.exceptions, (received) =>
          received.some(({ event, problems }) =>
            event.properties["$exception_message"] === "after" && problems.length === 0
          )))
        const { accepted: all } = yield* queue.counts
        assert.strictEqual(all, 52)
      }).pipe(Effect.provide(Layer.provideMerge(Exceptions.layerLogger, client)))
    }).pipe(Effect.provide(quiet)), 60_000)
})
