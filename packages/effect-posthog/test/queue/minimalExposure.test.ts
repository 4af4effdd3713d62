import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
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
