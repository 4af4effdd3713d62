import { mixedFlags, users } from "../flags/mix.ts"
import { definitionsDocument } from "../flags/posthog.ts"
import { openLoopback } from "../loopback/Loopback.ts"
import { compare } from "../measuring/compare.ts"
import { interleaved } from "../measuring/interleaved.ts"
import { openEvaluator } from "../peers/evaluator.ts"
import { openFlagd } from "../peers/flagd.ts"
import { openGrowthBook } from "../peers/growthbook.ts"
import { openLaunchDarkly } from "../peers/launchDarkly.ts"
import { contender } from "../peers/Peer.ts"
import { openPostHogNode } from "../peers/posthogNode.ts"
import { openUnleash } from "../peers/unleash.ts"
import type { Scenario } from "./Scenario.ts"

/** The same 100 flags in each vendor's language, evaluated in memory. */
export const vendors: Scenario = async ({ effort }) => {
  const flags = mixedFlags(100)
  const people = users(512)
  const loopback = await openLoopback({ definitions: definitionsDocument(flags), flags: {} })
  const others = [
    await openFlagd(flags, people),
    await openGrowthBook(flags, people),
    await openUnleash(flags, people),
    await openLaunchDarkly(flags, people),
    await openPostHogNode(loopback.url, people)
  ]
  const ours = await openEvaluator(flags, people)
  const measurements = await interleaved([ours, ...others].map((peer) => contender(peer, people.length)), effort)
  for (const peer of others) await peer.close()
  loopback.close()

  const [fastest] = measurements.filter(({ name }) => name !== ours.name).sort((a, b) => a.nanos - b.nanos)
  return {
    rows: [
      compare(measurements, {
        row: "100 flags, against the fastest of the other vendors",
        ours: ours.name,
        anchor: fastest?.name ?? "",
        target: 6
      })
    ]
  }
}
