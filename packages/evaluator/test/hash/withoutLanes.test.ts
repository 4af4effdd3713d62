import { bucketingHash, compile, evaluateAll } from "@effect-posthog/evaluator"
import { assert, describe, it } from "@effect/vitest"

// Whether a process has lanes is found once. Other files may have found them in this one, so that each test loads a copy of
// the module that looks, and what it imports stays shared.
const loadAfresh = (copy: string): Promise<typeof import("../../src/internal/hashAhead.ts")> =>
  import(/* @vite-ignore */ `../../src/internal/hashAhead.ts?${copy}`)

const host = globalThis as { WebAssembly?: unknown }

const documents = Array.from({ length: 2 }, () =>
  compile({
    flags: Array.from({ length: 10_000 }, (_, index) => ({
      key: `flag-${index}`,
      active: true,
      filters: { groups: [{ rollout_percentage: 50 }] }
    }))
  }).definitions)

describe("a process without lanes", () => {
  it("looks for them once, hashes nothing ahead, and evaluates the same", async () => {
    const { hashedAhead } = await loadAfresh("refusing")
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
      for (const { plan } of documents) assert.deepStrictEqual(hashedAhead(plan), [])
    } finally {
      host.WebAssembly = WebAssembly
    }
    assert.strictEqual(tries, 1)
    // That nothing is hashed ahead is noted in the documents.
    for (const definitions of documents) {
      for (const [key, result] of evaluateAll(definitions, { distinctId: "user-1" }, 0).results) {
        const isIn = bucketingHash(`${key}.`, "user-1", "") <= 0.5
        assert.strictEqual(result._tag === "Resolved" && result.value, isIn)
      }
    }
  })
})
