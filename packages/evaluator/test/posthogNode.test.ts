import type { EvaluationContext, Explanation } from "@effect-posthog/evaluator"
import { compile, evaluateFlag, explain } from "@effect-posthog/evaluator"
import { afterAll, assert, beforeAll, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { PostHog } from "posthog-node"
import { agreedContext, agreedDocument } from "./support/agreedArbitraries.ts"

// posthog-node warns on the console about flags that it leaves to the server.
const warnings: Array<string> = []

beforeAll(() => {
  vi.spyOn(console, "warn").mockImplementation((...parts) => void warnings.push(parts.join(" ")))
})

afterAll(() => {
  vi.restoreAllMocks()
  assert.isAbove(warnings.length, 0)
  for (const warning of warnings) assert.match(warning, /^\[PostHog\] You are using local evaluation/)
})

/** Definitions on loopback. */
const serve = (document: unknown) =>
  Effect.acquireRelease(
    Effect.async<{ readonly url: string; readonly close: () => void }>((resume) => {
      const server = createServer((_, response) => {
        response.writeHead(200, { "content-type": "application/json" })
        response.end(JSON.stringify(document))
      })
      server.listen(0, "127.0.0.1", () => {
        const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
        resume(Effect.succeed({ url, close: () => server.close() }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

const connect = (host: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const client = new PostHog("phc_test", {
        host,
        personalApiKey: "phx_test",
        featureFlagsPollingInterval: 3_600_000,
        enableLocalEvaluation: true
      })
      await client.waitForLocalEvaluationReady()
      return client
    }),
    (client) => Effect.promise(() => client.shutdown())
  )

/** Whether an earlier condition was undecided and a later one matched: posthog-node takes the match (D20). */
const matchesAfterUndecided = ({ conditions }: Explanation): boolean => {
  const match = conditions.findIndex((condition) => condition.verdict === "match")
  return conditions.slice(0, Math.max(0, match)).some((condition) => condition.verdict === "inconclusive")
}

/**
 * Whether a condition needs the server for one filter and an input for an earlier one: posthog-node sees the first
 * alone, and goes on to the next condition (D19, 8.4).
 */
const hidesTheServer = ({ conditions }: Explanation): boolean =>
  conditions.some(({ filters, verdict }) =>
    verdict === "requiresServer" && filters.some((filter) => filter.verdict === "inconclusive")
  )

const isExpected = (explanation: Explanation): boolean =>
  matchesAfterUndecided(explanation) || hidesTheServer(explanation) ||
  explanation.conditions.some(({ filters }) =>
    filters.some((filter) =>
      filter._tag === "Flag" &&
      filter.chain.some((member) => member.explanation !== undefined && isExpected(member.explanation))
    )
  )

/** For each document; `npx pnpm check` sets PROPERTY_RUNS to 4. */
const people = 25 * Number(process.env["PROPERTY_RUNS"] ?? 1)

describe("against posthog-node 5.70", () => {
  for (const seed of [1, 2, 3, 4]) {
    it.scopedLive(`the same values and payloads, document ${seed}`, () =>
      Effect.gen(function*() {
        const [document] = FastCheck.sample(agreedDocument, { seed, numRuns: 1 })
        const { url } = yield* serve(document)
        const client = yield* connect(url)
        const { definitions, problems } = compile(document, { timeZone: "UTC" })
        assert.deepStrictEqual(problems, [])
        let decided = 0
        for (const context of FastCheck.sample(agreedContext, { seed, numRuns: people })) {
          const { distinctId, ...options } = context
          const now = Date.now()
          const theirs = yield* Effect.promise(() =>
            client.getAllFlagsAndPayloads(distinctId, { ...options, onlyEvaluateLocally: true, disableGeoip: true })
          )
          for (const key of definitions.keys) {
            const result = evaluateFlag(definitions, key, context as EvaluationContext, now)
            const value = theirs.featureFlags?.[key]
            const described = () =>
              `${key} for ${JSON.stringify(context)}: ${
                JSON.stringify(document!.flags.find((flag) => flag.key === key))
              }`
            if (result._tag === "Resolved") {
              decided++
              assert.strictEqual(value, result.value, described())
              assert.deepStrictEqual(theirs.featureFlagPayloads?.[key], result.payload as never, described())
            } else if (value !== undefined) {
              assert.isTrue(
                isExpected(explain(definitions, key, context as EvaluationContext, now)),
                described()
              )
            }
          }
        }
        assert.isAbove(decided, people * 65)
      }))
  }
})
