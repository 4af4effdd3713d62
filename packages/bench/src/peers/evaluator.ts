import { compile, evaluateAll } from "@effect-posthog/evaluator"
import type { BulkResult } from "@effect-posthog/evaluator"
import { definitionsDocument } from "../flags/posthog.ts"
import type { OpenPeer } from "./Peer.ts"

/** The pure evaluator of this project. */
export const openEvaluator: OpenPeer = (flags, users) => {
  const { definitions, problems } = compile(definitionsDocument(flags))
  if (problems.length > 0) throw new Error(`the flags do not compile: ${problems[0]?.message}`)
  const contexts = users.map(({ attributes, id }) => ({ distinctId: id, personProperties: attributes }))
  return Promise.resolve({
    name: "evaluator",
    evaluate: (user) => evaluateAll(definitions, contexts[user] ?? { distinctId: "" }, now),
    values: (evaluated) =>
      new Map(
        [...(evaluated as BulkResult).results].flatMap(([key, result]) =>
          result._tag === "Resolved" ? [[key, result.value]] : []
        )
      ),
    close: () => {}
  })
}

// 2026-01-01T00:00:00Z
const now = 1_767_225_600_000
