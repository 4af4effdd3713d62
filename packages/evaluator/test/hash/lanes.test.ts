import type { CompiledDefinitions, EvaluationContext } from "@effect-posthog/evaluator"
import { bucketingHash, compile, evaluateAll, evaluateFlag } from "@effect-posthog/evaluator"
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { createHash } from "node:crypto"
import { packPrefix, rolloutSalt, variantSalt } from "../../src/internal/hash/bucketing.ts"
import { HashesAhead } from "../../src/internal/hash/hashesAhead.ts"
import type { Lanes } from "../../src/internal/hash/sha1Lanes.ts"
import { openLanes } from "../../src/internal/hash/sha1Lanes.ts"
import { context, definitions } from "../support/arbitraries.ts"

/** A long run sets EVALUATOR_LANES, for example to 100000. */
const numRuns = Number(process.env["EVALUATOR_LANES"] ?? 100)

const now = Date.parse("2024-03-31T12:00:00Z")

const expected = (text: string): number =>
  Number.parseInt(createHash("sha1").update(text).digest("hex").slice(0, 15), 16) / 2 ** 60

const opened = (): Lanes => {
  const lanes = openLanes()
  if (lanes === undefined) throw new Error("this engine should have lanes")
  return lanes
}

const percentages = (count: number) => ({
  flags: Array.from({ length: count }, (_, index) => ({
    key: `flag-${index}`,
    active: true,
    filters: { groups: [{ rollout_percentage: 50 }] }
  }))
})

/** Evaluates so much that whatever comes after it is hashed ahead. */
const warmUp = (): CompiledDefinitions => {
  const { definitions } = compile(percentages(100))
  for (let i = 0; i < 110; i++) evaluateAll(definitions, { distinctId: `user-${i}` }, now)
  return definitions
}

const one = (definitions: CompiledDefinitions, caller: EvaluationContext) =>
  definitions.keys.map((key) => [key, evaluateFlag(definitions, key, caller, now)] as const)

describe("hashes made ahead", () => {
  it("are SHA-1, whatever was hashed before, as far as messages fit two blocks", () => {
    const lanes = opened()
    const text = (maxLength: number) =>
      FastCheck.oneof(FastCheck.string({ maxLength }), FastCheck.fullUnicodeString({ maxLength }))
    const around = FastCheck.tuple(
      text(64).filter((prefix) => Buffer.byteLength(prefix) <= 64),
      FastCheck.constantFrom(rolloutSalt, variantSalt)
    )
    const surroundings = FastCheck.array(around, { minLength: 1, maxLength: 40 })
    const identifiers = FastCheck.array(text(200), { minLength: 1, maxLength: 5 })
    let hashed = 0
    FastCheck.assert(
      FastCheck.property(surroundings, identifiers, (surroundings, identifiers) => {
        const wanted = surroundings.map(([text, salt]) => ({ text, prefix: packPrefix(text), salt }))
        const ahead = new HashesAhead(lanes, wanted)
        for (const identifier of identifiers) {
          ahead.prepare(identifier)
          for (const { prefix, salt, text } of wanted) {
            const message = text + identifier + (salt === variantSalt ? "variant" : "")
            if (Buffer.byteLength(message) > 119) {
              assert.isTrue(ahead.identifier !== identifier || Number.isNaN(ahead.hashes[prefix.places[salt]]))
            } else {
              hashed++
              assert.strictEqual(ahead.identifier, identifier)
              assert.strictEqual(ahead.hashes[prefix.places[salt]], expected(message))
            }
          }
        }
      }),
      { numRuns }
    )
    assert.isAbove(hashed, numRuns)
  })

  it("are SHA-1 at every length of every part", () => {
    const lanes = opened()
    const letters = "abcdefghij".repeat(12)
    const wanted = [rolloutSalt, variantSalt].flatMap((salt) =>
      Array.from({ length: 65 }, (_, length) => ({ prefix: packPrefix(letters.slice(0, length)), salt }))
    )
    const ahead = new HashesAhead(lanes, wanted)
    for (let length = 119; length > 0; length -= 3) {
      const identifier = letters.slice(0, length)
      ahead.prepare(identifier)
      for (const { prefix, salt } of wanted) {
        const message = letters.slice(0, prefix.bytes) + identifier + (salt === variantSalt ? "variant" : "")
        if (message.length <= 119) assert.strictEqual(ahead.hashes[prefix.places[salt]], expected(message))
      }
    }
  })

  it("do not mix documents that are evaluated in turns", () => {
    warmUp()
    const documents = [3, 5, 100].map((count) => compile(percentages(count)).definitions)
    for (let i = 0; i < 50; i++) {
      for (const definitions of documents) {
        const { results } = evaluateAll(definitions, { distinctId: `user-${i >> 1}` }, now)
        for (const [key, result] of results) {
          const isIn = bucketingHash(`${key}.`, `user-${i >> 1}`, "") <= 0.5
          assert.strictEqual(result._tag === "Resolved" && result.value, isIn)
        }
      }
    }
  })

  it("are used once a process has evaluated many flags, and for the conditions without filters", () => {
    const { plan } = warmUp()
    assert.deepStrictEqual(plan.hashedAhead?.map(({ kind }) => kind), ["person"])
    const bucketing = plan.hashedAhead?.[0]
    assert.strictEqual(bucketing?.ahead?.identifier, "user-109")
    assert.strictEqual(bucketing?.ahead?.hashes[1], bucketingHash("flag-0.", "user-109", ""))

    const filter = { key: "plan", type: "person", operator: "exact", value: "pro" }
    const filtered = percentages(10).flags.map((flag) => ({
      ...flag,
      filters: { groups: [{ properties: [filter], rollout_percentage: 50 }] }
    }))
    const { definitions } = compile({ flags: filtered })
    evaluateAll(definitions, { distinctId: "user-1", personProperties: { plan: "pro" } }, now)
    assert.deepStrictEqual(definitions.plan.hashedAhead, [])
  })

  it("leave results as they are: by person, device and group, with holdouts, early exits and overrides", () => {
    warmUp()
    let ahead = 0
    FastCheck.assert(
      FastCheck.property(definitions, context, (document, caller) => {
        // Under other keys, the same flags hash differently; of many, some are hashed ahead.
        const flags = Array.from(
          { length: 8 },
          (_, copy) =>
            document.flags.map((flag: any) => ({ ...flag, key: copy === 0 ? flag.key : `${flag.key}-${copy}` }))
        ).flat()
        const all = { ...document, flags }
        const alone = one(compile(all).definitions, caller)
        const { definitions } = compile(all)
        const together = evaluateAll(definitions, caller, now)
        ahead += definitions.plan.hashedAhead?.length ?? 0
        assert.deepStrictEqual(Array.from(together.results), alone)
        const more = { ...caller, distinctId: `${caller.distinctId}é` }
        assert.deepStrictEqual(
          Array.from(evaluateAll(definitions, more, now).results),
          one(compile(all).definitions, more)
        )
      }),
      { numRuns }
    )
    assert.isAbove(ahead, numRuns / 20)
  })

  it("of one caller are not taken for those of another who is evaluated meanwhile", () => {
    warmUp()
    const inner = compile(percentages(20)).definitions
    const flags = percentages(20).flags.flatMap((flag, index) => [
      flag,
      {
        key: `rule-${index}`,
        active: true,
        filters: { groups: [{ properties: [{ key: "again", type: "person", operator: "exact", value: "x" }] }] }
      }
    ])
    const outer = compile({ flags }).definitions
    const caller = {
      distinctId: "outer",
      personProperties: {
        get again() {
          evaluateAll(outer, { distinctId: "other" }, now)
          evaluateAll(inner, { distinctId: "other" }, now)
          return "x"
        }
      }
    }
    for (const [key, result] of evaluateAll(outer, caller, now).results) {
      const isIn = key.startsWith("rule") || bucketingHash(`${key}.`, "outer", "") <= 0.5
      assert.strictEqual(result._tag === "Resolved" && result.value, isIn)
    }
  })
})

describe("lanes", () => {
  const host = globalThis as { WebAssembly?: unknown; document?: unknown }

  const inHost = (changes: { readonly WebAssembly?: unknown; readonly document?: unknown }) => {
    const { WebAssembly } = host
    try {
      Object.assign(host, changes)
      return openLanes()
    } finally {
      host.WebAssembly = WebAssembly
      delete host.document
    }
  }

  const refusing = class {
    constructor() {
      throw new Error("Wasm code generation disallowed by embedder")
    }
  }

  const silent = class {
    readonly exports = { m: { buffer: new ArrayBuffer(1 << 20) }, h: () => {} }
  }

  it("are not there without WebAssembly, where it may not be made, and where it does not hash as it should", () => {
    assert.isDefined(inHost({}))
    assert.isUndefined(inHost({ WebAssembly: undefined }))
    assert.isUndefined(inHost({ WebAssembly: { Module: refusing, Instance: silent } }))
    assert.isUndefined(inHost({ WebAssembly: { Module: class {}, Instance: silent } }))
  })

  it("are not tried in a browser, whose policy would report it", () => {
    const made: Array<unknown> = []
    const counting = class {
      constructor(bytes: unknown) {
        made.push(bytes)
      }
    }
    assert.isUndefined(inHost({ document: {}, WebAssembly: { Module: counting, Instance: silent } }))
    assert.deepStrictEqual(made, [])
  })
})
