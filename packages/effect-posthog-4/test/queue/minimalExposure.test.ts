// Generated from packages/effect-posthog/test/queue/minimalExposure.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { describe, it } from "../support/effectVitest.ts"
import { deepStrictEqual } from "../support/assertions.ts"
import { minimalProperties } from "../../src/internal/queue/minimalExposure.ts"

describe("a minimal exposure", () => {
  it("keeps what says which flag it was, and where the visitor came from", () => {
    const kept = {
      $feature_flag: "pricing",
      $feature_flag_response: "annual",
      $session_id: "s-1",
      utm_source: "newsletter",
      oppref: "a",
      bfcid: "b"
    }
    deepStrictEqual(
      minimalProperties({ ...kept, "$feature/pricing": "annual", $referrer: "https://x", plan: "pro" }),
      kept
    )
  })
})
