import { compile, evaluateAll } from "@effect-posthog/evaluator"
import { Arbitraries } from "@effect-posthog/testkit"
import { FastCheck } from "effect"
import { it } from "vitest"

it("every flag gets a result in every context", () => {
  FastCheck.assert(
    FastCheck.property(Arbitraries.definitions(), Arbitraries.context, (document, context) => {
      const { definitions } = compile(document)
      return evaluateAll(definitions, context, 0).results.size === definitions.size
    })
  )
})
