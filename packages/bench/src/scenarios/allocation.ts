import { evaluateFlags } from "effect-posthog"
import { mixedFlags, users } from "../flags/mix.ts"
import { definitionsDocument } from "../flags/posthog.ts"
import { openLoopback } from "../loopback/Loopback.ts"
import { allocatedBytes } from "../measuring/allocation.ts"
import type { Row } from "../measuring/Row.ts"
import { openEvaluator } from "../peers/evaluator.ts"
import { openLocalRuntime, repeated } from "../peers/ours.ts"
import { contender } from "../peers/Peer.ts"
import { openPostHogNode } from "../peers/posthogNode.ts"
import type { Scenario } from "./Scenario.ts"

/** Bytes of heap that one evaluation of 100 flags allocates. */
export const allocation: Scenario = async ({ mode }) => {
  const flags = mixedFlags(100)
  const people = users(512)
  const rounds = mode === "full" ? 9 : 5
  const loopback = await openLoopback({ definitions: definitionsDocument(flags), flags: {} })
  const runtime = await openLocalRuntime(loopback.url)
  const client = await openPostHogNode(loopback.url, people)
  const evaluator = await openEvaluator(flags, people)

  const evaluate = (count: number) =>
    runtime.runPromise(repeated(count, (index) => {
      const { attributes, id } = people[index % people.length] ?? { id: "", attributes: {} }
      return evaluateFlags({ distinctId: id, personProperties: attributes })
    }))
  const pure = await allocatedBytes(contender(evaluator, people.length).run, { count: 1000, rounds })
  const ours = await allocatedBytes(evaluate, { count: 1000, rounds })
  const theirs = await allocatedBytes(contender(client, people.length).run, { count: 20, rounds })
  await runtime.dispose()
  await client.close()
  loopback.close()

  const row = (name: string, bytes: number, target: number | undefined): Row => ({
    row: name,
    unit: "KB",
    ours: bytes / 1000,
    anchor: theirs / 1000,
    anchorName: "posthog-node",
    ratio: theirs / bytes,
    target
  })
  return {
    rows: [
      row("heap allocated by evaluateFlags of 100 flags", ours, 50),
      row("heap allocated by the evaluator for 100 flags", pure, undefined)
    ]
  }
}
