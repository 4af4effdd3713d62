// Generated from packages/testkit/test/readme/arbitraries.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { compile, evaluateAll } from "@effect-posthog/evaluator"
import { Arbitraries } from "@effect-posthog/testkit-4"
import * as FastCheck from "fast-check"
import { it } from "vitest"

it("every flag gets a result in every context", () => {
  FastCheck.assert(
    FastCheck.property(Arbitraries.definitions(), Arbitraries.context, (document, context) => {
      const { definitions } = compile(document)
      return evaluateAll(definitions, context, 0).results.size === definitions.size
    })
  )
})
