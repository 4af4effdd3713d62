// Generated from packages/effect-posthog/test/evaluation/bulkVectors.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { Fault, PostHogServer, type RemoteFlag } from "@effect-posthog/testkit"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { describe, it } from "../support/effectVitest.ts"
import { deepStrictEqual, strictEqual } from "../support/assertions.ts"
import { Effect, Layer, Option, Redacted } from "effect"
import { evaluateFlags, Flags, LocalEvaluator, PostHog } from "effect-posthog-4"
import { readFileSync } from "node:fs"
import * as Doubles from "../support/doubles.ts"
import { logged } from "../support/logged.ts"

interface Case {
  readonly id: string
  readonly definitions: unknown
  readonly context: { readonly distinct_id: string }
  readonly requestedKeys: ReadonlyArray<string> | null
  readonly onlyEvaluateLocally: boolean
  readonly remoteFlags: Readonly<Record<string, RemoteFlag.RemoteFlag>> | "error"
  readonly expectedSnapshot: Readonly<Record<string, boolean | string>>
  readonly expectedRemoteRequests: number
  readonly expectedRemoteKeys: ReadonlyArray<string> | null
  readonly reason: string
}

const { cases } = JSON.parse(
  readFileSync(new URL("../fixtures/bulkEvaluation.json", import.meta.url), "utf8")
) as { readonly cases: ReadonlyArray<Case> }

const client = Layer.unwrap(
  Effect.map(
    PostHogServer.PostHogServer,
    ({ url }) => PostHog.layer({ apiKey: Redacted.make("phc_test"), secretKey: Redacted.make("phs_test"), host: url })
  )
).pipe(
  Layer.provide(FetchHttpClient.layer)
)

describe("bulk evaluation, by the vectors", () => {
  for (const vector of cases) {
    it.live(`${vector.id}: ${vector.reason}`, () =>
      Effect.gen(function*() {
        const server = yield* Doubles.server
        if (vector.definitions === null) yield* server.always("definitions", Fault.status(500))
        const outcome = Effect.gen(function*() {
          const evaluator = yield* LocalEvaluator
          if (vector.definitions === null) yield* Effect.ignore(evaluator.reload)
          else yield* evaluator.ready
          // What the server decides must not matter before it is asked.
          if (vector.remoteFlags === "error") yield* server.always("flags", Fault.status(500))
          else yield* server.setRemoteFlags(vector.remoteFlags)
          const snapshot = yield* Flags.orPartial(evaluateFlags({
            distinctId: vector.context.distinct_id,
            flagKeys: vector.requestedKeys ?? undefined,
            onlyEvaluateLocally: vector.onlyEvaluateLocally
          }))
          return Object.fromEntries(
            snapshot.keys.map((key) => [key, Option.getOrThrow(snapshot.detail(key)).value])
          )
        })
        const { lines, result } = yield* logged(Effect.provide(outcome, client))
        deepStrictEqual(result, vector.expectedSnapshot)
        strictEqual(lines.some((line) => line.includes("definitions could not be loaded")), vector.definitions === null)
        deepStrictEqual(
          (yield* server.flagRequests).map(({ body }) => body.flag_keys_to_evaluate ?? null),
          Array.from({ length: vector.expectedRemoteRequests }, () => vector.expectedRemoteKeys)
        )
      }).pipe(Effect.provide(PostHogServer.layer({ definitions: vector.definitions ?? undefined }))))
  }
})
