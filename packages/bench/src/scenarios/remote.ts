import { evaluateFlags } from "effect-posthog"
import { mixedFlags } from "../flags/mix.ts"
import { flagsResponse } from "../flags/posthog.ts"
import { openLoopback } from "../loopback/Loopback.ts"
import { compare } from "../measuring/compare.ts"
import { interleaved, named } from "../measuring/interleaved.ts"
import type { Row } from "../measuring/Row.ts"
import { openRuntime, repeated } from "../peers/ours.ts"
import { openClient } from "../peers/posthogNode.ts"
import type { Scenario } from "./Scenario.ts"

/** Asking the server, one call after the other, over loopback: latency, and processor time of the client. */
export const remote: Scenario = async ({ effort, mode }) => {
  const rows: Array<Row> = []
  for (const count of [1, 10, 100, 500]) {
    const loopback = await openLoopback({ definitions: {}, flags: flagsResponse(mixedFlags(count)) })
    const runtime = openRuntime(loopback.url)
    const client = openClient(loopback.url)
    const body = JSON.stringify({
      token: "phc_bench",
      distinct_id: "user-1",
      groups: {},
      person_properties: {},
      group_properties: {},
      geoip_disable: true,
      evaluation_runtime: "server"
    })
    const measurements = await interleaved([
      {
        name: "evaluateFlags",
        run: (times) => runtime.runPromise(repeated(times, () => evaluateFlags({ distinctId: "user-1" })))
      },
      {
        name: "posthog-node",
        run: async (times) => {
          for (let index = 0; index < times; index++) await client.evaluateFlags("user-1")
        }
      },
      {
        name: "bare fetch",
        run: async (times) => {
          for (let index = 0; index < times; index++) {
            const response = await fetch(`${loopback.url}/flags/?v=2`, {
              method: "POST",
              headers: { "content-type": "application/json" },
              body
            })
            JSON.parse(await response.text())
          }
        }
      }
    ], { ...effort, warmUpMillis: mode === "full" ? 3000 : effort.warmUpMillis })
    await runtime.dispose()
    await client.shutdown()
    loopback.close()

    const [ours, theirs, bare] = ["evaluateFlags", "posthog-node", "bare fetch"].map((name) =>
      named(measurements, name)
    )
    rows.push(
      compare(measurements, { row: `remote, ${count} flags, latency`, ours: "evaluateFlags", anchor: "posthog-node" }),
      {
        row: `remote, ${count} flags, processor time`,
        unit: "µs",
        ours: ours?.cpuMicros ?? NaN,
        anchor: theirs?.cpuMicros ?? NaN,
        anchorName: "posthog-node",
        ratio: (theirs?.cpuMicros ?? NaN) / (ours?.cpuMicros ?? NaN),
        others: { "bare fetch": bare?.cpuMicros ?? NaN }
      }
    )
  }
  return { rows }
}
