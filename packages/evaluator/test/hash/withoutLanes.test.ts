import { bucketingHash, compile, evaluateAll } from "@effect-posthog/evaluator"
import { assert, describe, it } from "@effect/vitest"

describe("a process without lanes", () => {
  it("evaluates the same, and looks for them once", () => {
    const host = globalThis as { WebAssembly?: unknown }
    const { WebAssembly } = host
    let tries = 0
    host.WebAssembly = {
      Module: class {
        constructor() {
          tries++
          throw new Error("Wasm code generation disallowed by embedder")
        }
      }
    }
    try {
      for (let round = 0; round < 2; round++) {
        const { definitions } = compile({
          flags: Array.from({ length: 100 }, (_, index) => ({
            key: `flag-${index}`,
            active: true,
            filters: { groups: [{ rollout_percentage: 50 }] }
          }))
        })
        for (let i = 0; i < 110; i++) {
          for (const [key, result] of evaluateAll(definitions, { distinctId: `user-${i}` }, 0).results) {
            const isIn = bucketingHash(`${key}.`, `user-${i}`, "") <= 0.5
            assert.strictEqual(result._tag === "Resolved" && result.value, isIn)
          }
        }
      }
    } finally {
      host.WebAssembly = WebAssembly
    }
    // None when another file of this process has looked for them before.
    assert.isAtMost(tries, 1)
  })
})
