// One process of an edition, for `editions.ts`: it is compiled once for each, and uses what is called alike in both.
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { evaluateFlags, EventQueue, Events, LocalEvaluator, PostHog } from "effect-posthog"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { users } from "../flags/mix.ts"
import type { Work } from "./Work.ts"

const [localUrl = "", remoteUrl = "", rounds = "1", scale = "1"] = process.argv.slice(2)

const openRuntime = (host: string, options: Partial<PostHog.Options>) =>
  ManagedRuntime.make(
    PostHog.layer({ apiKey: Redacted.make("phc_bench"), host, ...options }).pipe(Layer.provide(FetchHttpClient.layer))
  )

const people = users(512).map(({ attributes, id }) => ({ distinctId: id, personProperties: attributes }))
const personAt = (index: number) => people[index % people.length] ?? { distinctId: "nobody" }

const local = openRuntime(localUrl, {
  secretKey: Redacted.make("phs_bench"),
  definitions: { pollInterval: "1 hour" }
})
await local.runPromise(Effect.flatMap(LocalEvaluator, ({ ready }) => ready))
await local.runPromise(evaluateFlags(personAt(0)))
const startUpMillis = performance.now()

const repeated = <E, R>(count: number, at: (index: number) => Effect.Effect<unknown, E, R>) =>
  Effect.gen(function*() {
    for (let index = 0; index < count; index++) yield* at(index)
  })

/** Microseconds of processor time for one of them, in the best of the rounds. */
const measured = async (count: number, run: () => Promise<unknown>, prepare?: () => Promise<unknown>) => {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round <= Number(rounds); round++) {
    await prepare?.()
    const before = process.cpuUsage()
    await run()
    const { system, user } = process.cpuUsage(before)
    // The first round warms up.
    if (round > 0) best = Math.min(best, (user + system) / count)
  }
  return best
}

const many = (count: number) => Math.ceil(count * Number(scale))

const event = (index: number) => ({
  event: "page viewed",
  distinctId: `user-${index % 5000}`,
  properties: { plan: "pro", path: `/projects/${index % 1000}/settings`, duration: index % 5000, succeeded: true }
})

const evaluations = many(3000)
const evaluating = await measured(
  evaluations,
  () => local.runPromise(repeated(evaluations, (index) => evaluateFlags(personAt(index))))
)

const snapshot = await local.runPromise(evaluateFlags(personAt(0)))
const [key = ""] = snapshot.keys
const reads = many(200_000)
const reading = await measured(reads, () => local.runPromise(repeated(reads, () => snapshot.isEnabled(key))))
await local.dispose()

const waiting = openRuntime(remoteUrl, {
  events: { flushAt: 1_000_000, queueSize: 1_000_000, flushInterval: "1 hour" }
})
const captures = many(10_000)
const capturing = await measured(
  captures,
  () => waiting.runPromise(repeated(captures, (index) => Events.capture(event(index)))),
  () => waiting.runPromise(Events.flush)
)
await waiting.dispose()

const pressed = openRuntime(remoteUrl, {
  events: { whenFull: "backpressure", queueSize: 1000, flushAt: 100, maxBatchSize: 100 }
})
const events = many(100_000)
const delivering = await measured(events, () =>
  pressed.runPromise(
    Effect.andThen(repeated(events, (index) => Events.capture(event(index))), Events.flush)
  ))
const { accepted, delivered } = await pressed.runPromise(Effect.flatMap(EventQueue, ({ counts }) => counts))
if (accepted !== delivered) throw new Error(`${delivered} of ${accepted} events were delivered`)
await pressed.dispose()

const remote = openRuntime(remoteUrl, {})
const requests = many(500)
const asking = await measured(
  requests,
  () => remote.runPromise(repeated(requests, (index) => evaluateFlags(personAt(index))))
)
await remote.dispose()

const work: Work = {
  "evaluateFlags, 100 flags, all local (µs)": evaluating,
  "isEnabled, read before (µs)": reading,
  "capture of an event that waits (µs)": capturing,
  "an event of 100,000, with back-pressure, delivered (µs)": delivering,
  "evaluateFlags, 100 flags, remote (µs)": asking,
  "start of a process until its first evaluation (ms)": startUpMillis
}
process.send?.(work)
process.exit(0)
