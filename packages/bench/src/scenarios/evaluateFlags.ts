import { evaluateFlags } from "effect-posthog"
import { mixedFlags, users } from "../flags/mix.ts"
import type { MixedFlag } from "../flags/mix.ts"
import { definitionsDocument } from "../flags/posthog.ts"
import { openLoopback } from "../loopback/Loopback.ts"
import { compare } from "../measuring/compare.ts"
import { interleaved } from "../measuring/interleaved.ts"
import type { Measurement } from "../measuring/interleaved.ts"
import type { Row } from "../measuring/Row.ts"
import { openLocalRuntime, repeated } from "../peers/ours.ts"
import { openLocalClient } from "../peers/posthogNode.ts"
import type { Point, Scenario, Setting } from "./Scenario.ts"

const people = users(512)

/** `evaluateFlags` where the definitions decide everything, and one flag out of many. */
export const allLocal: Scenario = async (setting) => {
  const rows: Array<Row> = []
  const points: Array<Point> = []
  for (const count of setting.mode === "full" ? [1, 10, 100, 1000] : [100]) {
    const flags = mixedFlags(count)
    const measurements = await side(flags, undefined, setting)
    for (const { name, nanos } of measurements) {
      if (name === "evaluateFlags") points.push({ name, flags: count, micros: nanos / 1000 })
    }
    rows.push(compare(measurements, {
      row: `evaluateFlags, ${count} flags, all local`,
      ours: "evaluateFlags",
      anchor: "posthog-node",
      target: count === 100 ? 100 : undefined
    }))
  }
  for (const count of setting.mode === "full" ? [100, 1000] : [100]) {
    const flags = mixedFlags(count)
    const percentage = flags.find((flag) => flag.kind === "percentage" && flag.percentage < 100)
    rows.push(compare(await side(flags, percentage?.key, setting), {
      row: `evaluateFlags, one percentage flag out of ${count}`,
      ours: "evaluateFlags",
      anchor: "posthog-node",
      target: count === 100 ? 20 : undefined
    }))
  }
  return { rows, points }
}

const side = async (
  flags: ReadonlyArray<MixedFlag>,
  only: string | undefined,
  setting: Setting
): Promise<ReadonlyArray<Measurement>> => {
  const loopback = await openLoopback({ definitions: definitionsDocument(flags), flags: {} })
  const runtime = await openLocalRuntime(loopback.url)
  const client = await openLocalClient(loopback.url)
  const flagKeys = only === undefined ? undefined : [only]
  const requests = people.map(({ attributes, id }) => ({ distinctId: id, personProperties: attributes, flagKeys }))
  const options = people.map(({ attributes }) => ({
    personProperties: attributes,
    onlyEvaluateLocally: true,
    ...(flagKeys === undefined ? {} : { flagKeys })
  }))
  const requestAt = (index: number) => requests[index % requests.length] ?? { distinctId: "" }
  const measurements = await interleaved([
    {
      name: "evaluateFlags",
      run: (count) => runtime.runPromise(repeated(count, (index) => evaluateFlags(requestAt(index))))
    },
    {
      name: "posthog-node",
      run: async (count) => {
        for (let index = 0; index < count; index++) {
          await client.evaluateFlags(requestAt(index).distinctId, options[index % options.length])
        }
      }
    },
    {
      name: "one runPromise per call",
      run: async (count) => {
        for (let index = 0; index < count; index++) await runtime.runPromise(evaluateFlags(requestAt(index)))
      }
    }
  ], setting.effort)
  await runtime.dispose()
  await client.shutdown()
  loopback.close()
  return measurements
}
