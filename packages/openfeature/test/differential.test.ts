import type { EvaluationContext as PostHogContext } from "@effect-posthog/evaluator"
import { Arbitraries, Fault, PostHogServer } from "@effect-posthog/testkit"
import { assert, describe, it } from "@effect/vitest"
import type { Client, EvaluationContext, EvaluationDetails, JsonValue } from "@openfeature/server-sdk"
import { Effect, FastCheck } from "effect"
import { PostHog } from "posthog-node"
import { nodeProvider } from "./support/nodeProvider.ts"
import { bind, bound, logs, remote } from "./support/openFeature.ts"

const kinds = ["boolean", "string", "number", "object"] as const

type Kind = typeof kinds[number]

type Details = EvaluationDetails<JsonValue>

const detailsAs = (client: Client, kind: Kind, key: string, context: EvaluationContext): Promise<Details> => {
  switch (kind) {
    case "boolean":
      return client.getBooleanDetails(key, true, context)
    case "string":
      return client.getStringDetails(key, "default", context)
    case "number":
      return client.getNumberDetails(key, -1, context)
    case "object":
      return client.getObjectDetails(key, { default: true }, context)
  }
}

// What both providers have a name for; through JSON, as it arrives at a server.
const contextOf = ({ distinctId, groupProperties, groups, personProperties }: PostHogContext): EvaluationContext =>
  JSON.parse(JSON.stringify({ ...personProperties, targetingKey: distinctId, groups, groupProperties }))

const clients = Effect.gen(function*() {
  const { url } = yield* PostHogServer.PostHogServer
  const posthog = yield* Effect.acquireRelease(
    Effect.sync(() => new PostHog("phc_test", { host: url, fetchRetryCount: 0 })),
    (posthog) => Effect.promise(() => posthog.shutdown())
  )
  const ours = yield* bound({ sendFeatureFlagEvents: false })
  const theirs = yield* bind(nodeProvider(posthog))
  return { ours: ours.client, theirs: theirs.client }
})

// How a failure of theirs may be called here.
const names: Readonly<Record<string, ReadonlyArray<string>>> = {
  TYPE_MISMATCH: ["TYPE_MISMATCH", "PARSE_ERROR"],
  FLAG_NOT_FOUND: ["FLAG_NOT_FOUND", "GENERAL"]
}

describe("beside a provider over posthog-node", () => {
  it.live("successes are the same, and failures have a name that is as exact or more", () =>
    Effect.gen(function*() {
      const { setDefinitions } = yield* PostHogServer.PostHogServer
      const { ours, theirs } = yield* clients
      const seen = { successes: 0, failures: 0 }
      const compare = async (document: Arbitraries.DefinitionsDocument, context: EvaluationContext) => {
        await Effect.runPromise(setDefinitions(document))
        for (const key of [...document.flags.map(({ key }) => String(key)), "absent"]) {
          for (const kind of kinds) {
            const [a, b] = await Promise.all([
              detailsAs(ours, kind, key, context),
              detailsAs(theirs, kind, key, context)
            ])
            if (b.errorCode === undefined) {
              seen.successes += 1
              assert.deepStrictEqual([kind, key, a.value, a.variant], [kind, key, b.value, b.variant], a.errorMessage)
            } else {
              seen.failures += 1
              assert.deepStrictEqual([kind, key, a.value], [kind, key, b.value])
              assert.include(names[b.errorCode] ?? [b.errorCode], a.errorCode)
            }
          }
        }
      }
      yield* Effect.promise(() =>
        FastCheck.assert(
          FastCheck.asyncProperty(
            Arbitraries.definitions({ minFlags: 1, maxFlags: 5 }),
            Arbitraries.context.map(contextOf),
            compare
          ),
          { numRuns: 20 }
        )
      )
      assert.isAbove(seen.successes, 20)
      assert.isAbove(seen.failures, 20)
    }).pipe(Effect.scoped, Effect.provide(remote({}))), 60_000)

  it.live("an outage is a failure of its own here, and a missing flag there", () =>
    Effect.gen(function*() {
      const { always } = yield* PostHogServer.PostHogServer
      const { ours, theirs } = yield* clients
      yield* always("flags", Fault.status(500))
      const context = { targetingKey: "ada" }
      const [a, b] = yield* Effect.promise(() =>
        Promise.all([ours.getBooleanDetails("known", true, context), theirs.getBooleanDetails("known", true, context)])
      )
      assert.deepStrictEqual([a.errorCode, b.errorCode], ["GENERAL", "FLAG_NOT_FOUND"])
    }).pipe(Effect.scoped, Effect.provide(remote({})), logs("status 500")))
})
