import { evaluateFlags, Events } from "effect-posthog"
import type { FlagSnapshot } from "effect-posthog"
import * as Effect from "effect/Effect"
import { setImmediate } from "node:timers/promises"
import type { FeatureFlagEvaluations } from "posthog-node"
import { mixedFlags, users } from "../flags/mix.ts"
import { definitionsDocument } from "../flags/posthog.ts"
import { openLoopback } from "../loopback/Loopback.ts"
import { atMost } from "../measuring/compare.ts"
import { interleaved, named } from "../measuring/interleaved.ts"
import { openLocalRuntime, repeated } from "../peers/ours.ts"
import { openLocalClient } from "../peers/posthogNode.ts"
import type { Scenario } from "./Scenario.ts"

// Events wait in the queue until the round is over, so that only capturing is measured.
const never = { flushAt: 1_000_000, queueSize: 1_000_000, flushInterval: "1 hour" } as const

/** Events of a round, each with a snapshot of its own. */
const count = 10

/** Capturing an event with all of a large project's flags on it, when nothing has looked at the snapshot before. */
export const attaching: Scenario = async ({ effort, mode }) => {
  const flags = mixedFlags(2000)
  const [somebody] = users(1)
  const personProperties = { ...somebody?.attributes }
  const loopback = await openLoopback({ definitions: definitionsDocument(flags), flags: {} })
  const runtime = await openLocalRuntime(loopback.url, { events: never })
  const client = await openLocalClient(loopback.url, { flushAt: never.flushAt, flushInterval: 3_600_000 })
  let person = 0
  const fresh = () => Array.from({ length: count }, () => `person-${person++}`)
  let ours: ReadonlyArray<FlagSnapshot> = []
  let theirs: ReadonlyArray<FeatureFlagEvaluations> = []
  const measured = await interleaved([
    {
      name: "snapshot",
      count,
      prepare: async () => {
        await runtime.runPromise(Events.flush)
        ours = await runtime.runPromise(
          Effect.forEach(fresh(), (distinctId) => evaluateFlags({ distinctId, personProperties }))
        )
      },
      run: () =>
        runtime.runPromise(repeated(count, (index) => Events.capture({ event: "invoice paid", flags: ours[index] })))
    },
    // It evaluates 2,000 flags in 50 ms: only a full run has the time.
    ...(mode === "full"
      ? [{
        name: "posthog-node",
        count,
        prepare: async () => {
          await client.flush()
          theirs = await Promise.all(
            fresh().map((id) => client.evaluateFlags(id, { personProperties, onlyEvaluateLocally: true }))
          )
        },
        run: async () => {
          for (const snapshot of theirs) {
            client.capture({ distinctId: "account", event: "invoice paid", flags: snapshot })
          }
          // It queues events behind promises: let them settle.
          await setImmediate()
        }
      }]
      : [])
  ], effort)
  await runtime.dispose()
  await client.shutdown()
  loopback.close()

  const { cpuMicros, nanos } = named(measured, "snapshot")
  const others = measured.filter(({ name }) => name !== "snapshot")
  return {
    rows: [
      atMost({
        row: "an event with a fresh snapshot of 2,000 flags",
        unit: "ms",
        ours: nanos / 1e6,
        limit: 1,
        cpu: cpuMicros / 1000,
        others: Object.fromEntries(others.map(({ name, nanos }) => [name, nanos / 1e6]))
      })
    ]
  }
}
