import type { EvaluationContext, Result } from "@effect-posthog/evaluator"
import { bucketingHash, compile, evaluateAll, evaluateFlag, matchProperty } from "@effect-posthog/evaluator"
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"

const fixture = (name: string): any =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), "utf8"))

const valueOf = (result: Result): boolean | string =>
  result._tag === "Resolved" ? result.value : result._tag === "Unknown" ? "unknown" : "inconclusive"

const contextOf = (context: any): EvaluationContext => ({
  distinctId: context.distinct_id,
  deviceId: context.device_id,
  groups: context.groups,
  personProperties: context.person_properties,
  groupProperties: context.group_properties
})

const defaultNow = Date.parse("2024-03-31T12:00:00Z")

describe("vectors: hash", () => {
  const { rolloutBoundary, truncationVectors, variantBoundary, vectors } = fixture("hash")

  for (const vector of vectors) {
    it(`${JSON.stringify(vector.input)}`, () => {
      assert.strictEqual(bucketingHash(vector.prefix, vector.bucketingId, vector.salt), vector.float)
    })
  }

  it("cuts identifiers to 200 code points in evaluation only", () => {
    for (const vector of truncationVectors.vectors) {
      assert.strictEqual(bucketingHash(`${vector.flagKey}.`, vector.hashedId, vector.salt), vector.float)
      assert.notStrictEqual(bucketingHash(`${vector.flagKey}.`, vector.bucketingId, vector.salt), vector.float)
      const flagAt = (percentage: number) => ({
        flags: [{ key: vector.flagKey, active: true, filters: { groups: [{ rollout_percentage: percentage }] } }]
      })
      const at = (percentage: number) =>
        evaluateFlag(compile(flagAt(percentage)).definitions, vector.flagKey, { distinctId: vector.bucketingId }, 0)
      assert.strictEqual(valueOf(at(vector.float * 100 + 1e-9)), true)
      assert.strictEqual(valueOf(at(vector.float * 100 - 1e-9)), false)
    }
  })

  it("compares percentages as the binary quotients they are", () => {
    for (const { hash, included, rollout } of rolloutBoundary) {
      assert.strictEqual(rollout === 100 || hash <= rollout / 100, included)
    }
    for (const { boundaries, hash, selected, variants } of variantBoundary) {
      let end = 0
      const ends = variants.map((variant: any) => end += variant.rollout_percentage / 100)
      assert.deepStrictEqual(ends, boundaries)
      const chosen = ends.findIndex((end: number) => hash < end)
      assert.strictEqual(chosen === -1 ? null : variants[chosen].key, selected)
    }
  })
})

describe("vectors: consistency", () => {
  const { flags } = fixture("consistency-1000")
  for (const { expected, flagKey, groups, variants } of flags) {
    it(flagKey, () => {
      const { definitions, problems } = compile({
        flags: [{ key: flagKey, active: true, filters: { groups, multivariate: { variants } } }]
      })
      assert.deepStrictEqual(problems, [])
      assert.deepStrictEqual(
        expected.map((_: unknown, i: number) =>
          valueOf(evaluateFlag(definitions, flagKey, { distinctId: `distinct_id_${i}` }, 0))
        ),
        expected
      )
    })
  }
})

describe("vectors: property-match", () => {
  for (const vector of fixture("property-match").cases) {
    it(`${vector.id}: ${vector.operator} ${vector.reason}`, () => {
      const filter = { key: "k", type: "person", operator: vector.operator ?? undefined, value: vector.filterValue }
      const properties = vector.propertyMissing === true ? {} : { k: vector.propertyValue }
      const now = Date.parse(vector.now)
      const version = vector.propertyMatchingVersion
      assert.strictEqual(
        matchProperty(filter, properties, now, { propertyMatchingVersion: version, timeZone: "UTC" }),
        vector.expected
      )
      const { definitions, problems } = compile({
        flags: [{ key: "f", active: true, filters: { groups: [{ properties: [filter] }] } }],
        property_matching_version: version
      }, { timeZone: "UTC" })
      assert.deepStrictEqual(problems, [])
      assert.strictEqual(
        valueOf(evaluateFlag(definitions, "f", { distinctId: "user-17", personProperties: properties }, now)),
        vector.expected
      )
    })
  }
})

describe("vectors: flag-eval", () => {
  for (const vector of fixture("flag-eval").cases) {
    it(`${vector.id}: ${vector.reason}`, () => {
      const { definitions, problems } = compile(vector.definitions, { timeZone: "UTC" })
      assert.deepStrictEqual(problems.filter((problem) => problem.code !== "MalformedCohort"), [])
      const result = evaluateFlag(definitions, vector.flagKey, contextOf(vector.context), defaultNow)
      assert.strictEqual(valueOf(result), vector.expected)
      assert.deepStrictEqual((result._tag === "Resolved" ? result.payload : null) ?? null, vector.expectedPayload)
      const all = evaluateAll(definitions, contextOf(vector.context), defaultNow)
      assert.deepStrictEqual(all.results.get(vector.flagKey), result)
    })
  }
})

describe("vectors: bulk-eval", () => {
  for (const vector of fixture("bulk-eval").cases) {
    it(`${vector.id}: ${vector.reason}`, () => {
      const { definitions } = compile(vector.definitions)
      const keys = vector.requestedKeys ?? undefined
      const { needsRemote, results } = evaluateAll(definitions, contextOf(vector.context), defaultNow, keys)
      assert.strictEqual(needsRemote && !vector.onlyEvaluateLocally, vector.expectedRemoteRequests > 0)
      const snapshot: Record<string, unknown> = {}
      const scope = keys ?? Object.keys(vector.remoteFlags === "error" ? {} : vector.remoteFlags)
      if (vector.expectedRemoteRequests > 0 && vector.remoteFlags !== "error") {
        for (const key of scope) {
          if (Object.hasOwn(vector.remoteFlags, key)) snapshot[key] = vector.remoteFlags[key]
        }
      }
      for (const [key, result] of results) {
        if (result._tag === "Resolved") snapshot[key] = result.value
      }
      assert.deepStrictEqual(snapshot, vector.expectedSnapshot)
    })
  }
})
