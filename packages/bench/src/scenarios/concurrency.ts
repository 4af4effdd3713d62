import { evaluateFlags } from "effect-posthog"
import * as Effect from "effect/Effect"
import { mixedFlags, users } from "../flags/mix.ts"
import { definitionsDocument } from "../flags/posthog.ts"
import { openLoopback } from "../loopback/Loopback.ts"
import { atMost } from "../measuring/compare.ts"
import { eventLoopHeld } from "../measuring/eventLoop.ts"
import { collectYoungGarbage } from "../measuring/interleaved.ts"
import { median, spread } from "../measuring/statistics.ts"
import { openLocalRuntime } from "../peers/ours.ts"
import { openLocalClient } from "../peers/posthogNode.ts"
import type { Scenario } from "./Scenario.ts"

/** 100 evaluations of 1,000 flags, started together: how long all of them take, and how long nothing else can run. */
export const concurrency: Scenario = async ({ mode }) => {
  const flags = mixedFlags(1000)
  const people = users(100)
  const loopback = await openLoopback({ definitions: definitionsDocument(flags), flags: {} })
  const runtime = await openLocalRuntime(loopback.url)
  const client = await openLocalClient(loopback.url)

  const ours = () =>
    runtime.runPromise(
      Effect.forEach(people, ({ attributes, id }) => evaluateFlags({ distinctId: id, personProperties: attributes }), {
        concurrency: "unbounded",
        discard: true
      })
    )
  const theirs = () =>
    Promise.all(
      people.map(({ attributes, id }) =>
        client.evaluateFlags(id, { personProperties: attributes, onlyEvaluateLocally: true })
      )
    )

  for (let round = 0; round < 30; round++) await ours()
  const rounds = mode === "full" ? 7 : 1
  const found = { ours: [] as Array<Burst>, theirs: [] as Array<Burst> }
  for (let round = 0; round < rounds; round++) {
    collectYoungGarbage()
    // Ours is over so soon that one burst is no measurement: several, and the middle one counts.
    const several: Array<Burst> = []
    for (let burst = 0; burst < 9; burst++) several.push(await measured(ours))
    found.ours.push({
      millis: median(several.map(({ millis }) => millis)),
      held: median(several.map(({ held }) => held))
    })
    collectYoungGarbage()
    found.theirs.push(await measured(theirs))
  }
  await runtime.dispose()
  await client.shutdown()
  loopback.close()

  const ratios = found.theirs.map(({ millis }, round) => millis / (found.ours[round]?.millis ?? NaN))
  return {
    rows: [
      {
        row: "100 concurrent evaluations of 1,000 flags",
        unit: "ms",
        ours: median(found.ours.map(({ millis }) => millis)),
        anchor: median(found.theirs.map(({ millis }) => millis)),
        anchorName: "posthog-node",
        ratio: median(ratios),
        spread: spread(ratios),
        target: 200
      },
      atMost({
        row: "100 concurrent evaluations of 1,000 flags: event loop held",
        unit: "ms",
        ours: median(found.ours.map(({ held }) => held)),
        limit: 20,
        others: { "posthog-node": median(found.theirs.map(({ held }) => held)) }
      })
    ]
  }
}

interface Burst {
  readonly millis: number
  readonly held: number
}

const measured = async (work: () => Promise<unknown>): Promise<Burst> => {
  let millis = 0
  const { millis: held } = await eventLoopHeld(async () => {
    const start = performance.now()
    await work()
    millis = performance.now() - start
  })
  return { millis, held }
}
