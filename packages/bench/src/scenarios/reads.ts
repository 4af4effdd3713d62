import { evaluateFlags, Events, Flag, RequestContext, RequestFlags } from "effect-posthog"
import type { FlagSnapshot } from "effect-posthog"
import * as Effect from "effect/Effect"
import { setImmediate } from "node:timers/promises"
import type { FeatureFlagEvaluations } from "posthog-node"
import { mixedFlags, users } from "../flags/mix.ts"
import { definitionsDocument } from "../flags/posthog.ts"
import { openLoopback } from "../loopback/Loopback.ts"
import { compare } from "../measuring/compare.ts"
import { interleaved } from "../measuring/interleaved.ts"
import { openLocalRuntime, repeated } from "../peers/ours.ts"
import { openLocalClient } from "../peers/posthogNode.ts"
import type { Scenario } from "./Scenario.ts"

// Events wait in the queue until the round is over, so that only reading and queueing is measured.
const never = { flushAt: 1_000_000, queueSize: 1_000_000, flushInterval: "1 hour" } as const

/** Reading a flag again, and reading it for the first time, which queues an exposure. */
export const reads: Scenario = async ({ effort, mode }) => {
  const flags = mixedFlags(100)
  const keys = flags.map(({ key }) => key)
  const [somebody] = users(1)
  const loopback = await openLoopback({ definitions: definitionsDocument(flags), flags: {} })
  const runtime = await openLocalRuntime(loopback.url, { events: never })
  const client = await openLocalClient(loopback.url, {
    flushAt: never.flushAt,
    maxQueueSize: never.queueSize,
    flushInterval: 3_600_000
  })
  const personProperties = { ...somebody?.attributes }
  const evaluateOurs = (distinctId: string) => evaluateFlags({ distinctId, personProperties })
  const evaluateTheirs = (id: string) => client.evaluateFlags(id, { personProperties, onlyEvaluateLocally: true })

  const snapshot = await runtime.runPromise(evaluateOurs("warm"))
  const evaluations = await evaluateTheirs("warm")
  const warm = await interleaved([
    { name: "snapshot", run: (count) => runtime.runPromise(repeated(count, () => snapshot.isEnabled(keys[0] ?? ""))) },
    {
      name: "posthog-node",
      run: (count) => {
        for (let index = 0; index < count; index++) evaluations.isEnabled(keys[0] ?? "")
      }
    }
  ], effort)

  const key = keys[0] ?? ""
  const typed = Flag.boolean(key).pipe(Flag.withDefault(false))
  const inRequest = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    effect.pipe(RequestFlags.scoped, RequestContext.with({ distinctId: "warm", personProperties }))
  const conveniences = await interleaved([
    { name: "by key", run: (count) => runtime.runPromise(repeated(count, () => snapshot.isEnabled(key))) },
    { name: "typed", run: (count) => runtime.runPromise(repeated(count, () => snapshot.get(typed))) },
    {
      name: "of the request",
      run: (count) => runtime.runPromise(inRequest(repeated(count, () => RequestFlags.get)))
    }
  ], effort)

  // Each round reads every key of fresh people, so that each read is the first of its kind.
  const peoplePerRound = mode === "full" ? 40 : 10
  const count = peoplePerRound * keys.length
  let person = 0
  let ours: ReadonlyArray<FlagSnapshot> = []
  let theirs: ReadonlyArray<FeatureFlagEvaluations> = []
  const fresh = () => Array.from({ length: peoplePerRound }, () => `person-${person++}`)
  const first = await interleaved([
    {
      name: "snapshot",
      count,
      prepare: async () => {
        await runtime.runPromise(Events.flush)
        ours = await runtime.runPromise(Effect.forEach(fresh(), evaluateOurs))
      },
      run: async () => {
        await runtime.runPromise(
          repeated(
            count,
            (index) => ours[Math.floor(index / keys.length)]?.isEnabled(keys[index % keys.length] ?? "") ?? Effect.void
          )
        )
        await setImmediate()
      }
    },
    {
      name: "posthog-node",
      count,
      prepare: async () => {
        await client.flush()
        theirs = await Promise.all(fresh().map(evaluateTheirs))
      },
      run: async () => {
        for (let index = 0; index < count; index++) {
          theirs[Math.floor(index / keys.length)]?.isEnabled(keys[index % keys.length] ?? "")
        }
        // It queues events behind promises: let them settle.
        await setImmediate()
      }
    }
  ], effort)

  // The same first reads, told to telemetry or not. A span takes the events of one person's flags.
  const inSpans = (sampled: boolean) => async () => {
    await runtime.runPromise(Effect.forEach(
      ours,
      (flags) =>
        Effect.withSpan(repeated(keys.length, (index) => flags.isEnabled(keys[index] ?? "")), "request").pipe(
          Effect.withTracerEnabled(sampled)
        )
    ))
    await setImmediate()
  }
  const evaluateFresh = async () => {
    await runtime.runPromise(Events.flush)
    ours = await runtime.runPromise(Effect.forEach(fresh(), evaluateOurs))
  }
  const telemetry = await interleaved([
    { name: "sampled", count, prepare: evaluateFresh, run: inSpans(true) },
    { name: "not sampled", count, prepare: evaluateFresh, run: inSpans(false) }
  ], effort)
  await runtime.dispose()
  await client.shutdown()
  loopback.close()

  return {
    rows: [
      compare(warm, { row: "isEnabled, read before", ours: "snapshot", anchor: "posthog-node", target: 1 }),
      compare(first, {
        row: "isEnabled, first read, exposure queued",
        ours: "snapshot",
        anchor: "posthog-node",
        target: 2
      }),
      compare(conveniences, {
        row: "get of a typed flag with a default, against isEnabled",
        ours: "typed",
        anchor: "by key",
        target: 0.5
      }),
      compare(conveniences, {
        row: "RequestFlags.get after the first, against isEnabled",
        ours: "of the request",
        anchor: "by key",
        target: 0.5
      }),
      compare(telemetry, {
        row: "a first read in a sampled span, against one that is not sampled",
        ours: "sampled",
        anchor: "not sampled",
        target: 0.5
      })
    ]
  }
}
