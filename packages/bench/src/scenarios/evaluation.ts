import { floor } from "../flags/floor.ts"
import { mixedFlags, users } from "../flags/mix.ts"
import type { MixedFlag, User } from "../flags/mix.ts"
import { definitionsDocument } from "../flags/posthog.ts"
import { openLoopback } from "../loopback/Loopback.ts"
import { compare } from "../measuring/compare.ts"
import { interleaved } from "../measuring/interleaved.ts"
import type { Contender, Measurement } from "../measuring/interleaved.ts"
import type { Row } from "../measuring/Row.ts"
import { openEvaluator } from "../peers/evaluator.ts"
import { contender } from "../peers/Peer.ts"
import { openPostHogNode } from "../peers/posthogNode.ts"
import type { Point, Scenario, Setting } from "./Scenario.ts"

const people = users(512)

/** The pure evaluator against posthog-node and against the floor, for more and more flags. */
export const evaluation: Scenario = async (setting) => {
  const rows: Array<Row> = []
  const points: Array<Point> = []
  for (const count of setting.mode === "full" ? [1, 10, 100, 1000] : [100]) {
    const measurements = await againstPostHogNode(mixedFlags(count), setting)
    for (const { name, nanos } of measurements) points.push({ name, flags: count, micros: nanos / 1000 })
    const isBudgeted = count === 100
    rows.push(
      compare(measurements, {
        row: `evaluator, ${count} flags`,
        ours: "evaluator",
        anchor: "posthog-node",
        target: isBudgeted ? 200 : undefined
      }),
      compare(measurements, {
        row: `evaluator, ${count} flags, against the floor`,
        ours: "evaluator",
        anchor: "floor",
        target: isBudgeted ? 0.5 : undefined,
        note: isBudgeted
          ? "the floor is the 47 hashes these flags need and their rules as prebuilt closures"
          : undefined
      })
    )
  }
  if (setting.mode === "full") {
    const underway = await againstPostHogNode(mixedFlags(100, { underway: true }), setting)
    rows.push(compare(underway, {
      row: "evaluator, 100 flags, no rollout finished",
      ours: "evaluator",
      anchor: "posthog-node",
      note: "every percentage is below 100, so that 85 hashes are needed"
    }))
    const [alone] = await interleaved(
      [contender(await openEvaluator(mixedFlags(10_000), people), people.length)],
      setting.effort
    )
    if (alone !== undefined) points.push({ name: alone.name, flags: 10_000, micros: alone.nanos / 1000 })
  }
  return { rows, points }
}

const againstPostHogNode = async (
  flags: ReadonlyArray<MixedFlag>,
  setting: Setting
): Promise<ReadonlyArray<Measurement>> => {
  const loopback = await openLoopback({ definitions: definitionsDocument(flags), flags: {} })
  const peers = [await openEvaluator(flags, people), await openPostHogNode(loopback.url, people)]
  const measurements = await interleaved(
    [...peers.map((peer) => contender(peer, people.length)), floorContender(flags, people)],
    setting.effort
  )
  for (const peer of peers) await peer.close()
  loopback.close()
  return measurements
}

const floorContender = (flags: ReadonlyArray<MixedFlag>, users: ReadonlyArray<User>): Contender => {
  const evaluate = floor(flags)
  return {
    name: "floor",
    run: (count) => {
      for (let index = 0; index < count; index++) {
        const user = users[index % users.length]
        if (user !== undefined) evaluate(user)
      }
    }
  }
}
