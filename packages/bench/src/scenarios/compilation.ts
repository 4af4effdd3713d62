import { compile } from "@effect-posthog/evaluator"
import { mixedFlags } from "../flags/mix.ts"
import { definitionsDocument } from "../flags/posthog.ts"
import { atMost } from "../measuring/compare.ts"
import { interleaved } from "../measuring/interleaved.ts"
import type { Scenario } from "./Scenario.ts"

/** From a parsed definitions document to compiled definitions. */
export const compilation: Scenario = async ({ effort }) => {
  const document = definitionsDocument(mixedFlags(1000))
  const [measured] = await interleaved([{
    name: "compile",
    run: (count) => {
      for (let index = 0; index < count; index++) compile(document)
    }
  }], effort)
  return {
    rows: [atMost({
      row: "compile 1,000 definitions",
      unit: "ms",
      ours: (measured?.nanos ?? NaN) / 1e6,
      limit: 20,
      cpu: (measured?.leastCpuMicros ?? NaN) / 1000
    })]
  }
}
