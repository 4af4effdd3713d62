import { evaluateFlags, Events } from "effect-posthog"
import * as Exceptions from "effect-posthog/Exceptions"
import * as Effect from "effect/Effect"
import { mixedFlags } from "../flags/mix.ts"
import { definitionsDocument } from "../flags/posthog.ts"
import { openLoopback } from "../loopback/Loopback.ts"
import { compare } from "../measuring/compare.ts"
import { interleaved } from "../measuring/interleaved.ts"
import { openLocalRuntime, repeated } from "../peers/ours.ts"
import { openClient } from "../peers/posthogNode.ts"
import type { Scenario } from "./Scenario.ts"

// Events wait in the queue until the round is over, so that only reporting is measured.
const never = { flushAt: 1_000_000, queueSize: 1_000_000, flushInterval: "1 hour" } as const

const steps = 20
const frames = 50

/** An error whose stack has as many frames as are sent. */
const deep = (depth: number): Error => depth === 0 ? new Error("boom") : deep(depth - 1)

/** What reporting costs an effect that succeeds, an error that was reported before, and a new error. */
export const exceptions: Scenario = async ({ effort, mode }) => {
  const flags = mixedFlags(100)
  const key = flags[0]?.key ?? ""
  const loopback = await openLoopback({ definitions: definitionsDocument(flags), flags: {} })
  const runtime = await openLocalRuntime(loopback.url, { events: never })

  const bare = Effect.gen(function*() {
    let sum = 0
    for (let step = 0; step < steps; step++) sum += yield* Effect.succeed(step)
    return sum
  })
  const wrapped = Exceptions.withReporting(bare)
  const success = await interleaved([
    { name: "withReporting", run: (count) => runtime.runPromise(repeated(count, () => wrapped)) },
    { name: "the effect alone", run: (count) => runtime.runPromise(repeated(count, () => bare)) }
  ], effort)

  const snapshot = await runtime.runPromise(evaluateFlags({ distinctId: "warm" }))
  const known = new Error("once")
  const duplicate = await interleaved([
    { name: "report", run: (count) => runtime.runPromise(repeated(count, () => Exceptions.report(known))) },
    { name: "isEnabled", run: (count) => runtime.runPromise(repeated(count, () => snapshot.isEnabled(key))) }
  ], effort)

  let queued = 0
  let allQueued = () => {}
  const client = openClient(loopback.url, {
    flushAt: never.flushAt,
    maxQueueSize: never.queueSize,
    flushInterval: 3_600_000,
    before_send: (event) => {
      queued++
      allQueued()
      return event
    }
  })
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = frames
  const count = mode === "full" ? 500 : 100
  const captured = await interleaved([
    {
      name: "report",
      count,
      prepare: () => runtime.runPromise(Events.flush),
      run: () => runtime.runPromise(repeated(count, () => Exceptions.report(deep(frames + 10))))
    },
    {
      name: "posthog-node",
      count,
      prepare: () => client.flush(),
      run: () => {
        const target = queued + count
        const done = new Promise<void>((resolve) => {
          allQueued = () => {
            if (queued >= target) resolve()
          }
        })
        for (let index = 0; index < count; index++) client.captureException(deep(frames + 10), "somebody")
        return done
      }
    }
  ], effort)
  Error.stackTraceLimit = stackTraceLimit
  await runtime.dispose()
  await client.shutdown()
  loopback.close()

  return {
    rows: [
      compare(success, {
        row: `withReporting, around an effect of ${steps} steps that succeeds`,
        ours: "withReporting",
        anchor: "the effect alone",
        target: 0.95
      }),
      compare(duplicate, {
        row: "an exception that was reported before, against a flag read before",
        ours: "report",
        anchor: "isEnabled",
        target: 1
      }),
      compare(captured, {
        row: `an exception with ${frames} frames, captured`,
        ours: "report",
        anchor: "posthog-node",
        target: 2,
        note: "posthog-node also reads the source lines, once for each file"
      })
    ]
  }
}
