// The laws and properties of which `npm test` runs a part, with as many cases as a change deserves.
import { join } from "node:path"
import { root, verdict } from "./workspace.mjs"

/** Files that read these variables. */
const files = [
  "evaluator/test/differential",
  "evaluator/test/posthogNode",
  "evaluator/test/properties",
  "evaluator/test/values/dates",
  "effect-posthog/test/definitions/model",
  "effect-posthog/test/definitions/parseDocument",
  "effect-posthog/test/exceptions/load",
  "effect-posthog/test/exceptions/mapping",
  "effect-posthog/test/http/timeLimit",
  "effect-posthog/test/queue/interruption",
  "testkit/test/project/soundness"
].map((file) => `packages/${file}.test.ts`)

export const laws = () =>
  verdict("node", [
    join(root, "node_modules", "vitest", "vitest.mjs"),
    "run",
    "--config",
    "packages/tools/vitest.light.config.ts",
    "--reporter=dot",
    ...files
  ], { env: { EVALUATOR_CASES: "5000", EVALUATOR_PEOPLE: "20000", INTERRUPTION_RUNS: "1000", PROPERTY_RUNS: "4" } })
