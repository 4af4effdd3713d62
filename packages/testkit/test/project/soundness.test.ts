import { compile, evaluateAll } from "@effect-posthog/evaluator"
import { Arbitraries } from "@effect-posthog/testkit"
import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as Evaluation from "../../src/internal/project/evaluation.ts"

const now = 1_750_000_000_000

/** `npx pnpm check` sets PROPERTY_RUNS to 4. */
const numRuns = 300 * Number(process.env["PROPERTY_RUNS"] ?? 1)

describe("local evaluation against the server's", () => {
  it("a flag that is decided locally has the value the server gives it, who knows more of the same people", () => {
    let decided = 0
    let undecided = 0
    FastCheck.assert(
      FastCheck.property(
        Arbitraries.definitions({ minFlags: 1 }),
        Arbitraries.context,
        Arbitraries.context,
        (document, context, stored) => {
          const groups = context.groups ?? {}
          const onServer = Evaluation.make(document)({
            distinctId: context.distinctId,
            deviceId: context.deviceId,
            groups,
            personProperties: { ...stored.personProperties, ...context.personProperties },
            groupProperties: Object.fromEntries(
              Object.keys(groups).map((type) => [
                type,
                { ...stored.groupProperties?.[type], ...context.groupProperties?.[type] }
              ])
            ),
            evaluationContexts: []
          }, now)
          for (const [key, local] of evaluateAll(compile(document).definitions, context, now).results) {
            if (local._tag !== "Resolved") {
              undecided++
              continue
            }
            decided++
            const server = onServer(key)
            assert.isTrue(server?._tag === "Resolved" && server.value === local.value, key)
          }
        }
      ),
      { numRuns }
    )
    assert.isAbove(decided, numRuns)
    assert.isAbove(undecided, numRuns)
  })
})
