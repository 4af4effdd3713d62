// Generated from packages/effect-posthog/test/definitions/model.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { assert, describe, it } from "../support/effectVitest.ts"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "fast-check"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import type { DefinitionsErrorReason } from "../../src/index.ts"
import { yieldToEventLoop } from "../../src/internal/eventLoop.ts"
import {
  build,
  document,
  makeEndpoint,
  notModified,
  ok,
  resolved,
  settled,
  status
} from "../support/scriptedEndpoint.ts"
import type { Answer } from "../support/scriptedEndpoint.ts"

type Step =
  | { readonly kind: "ok"; readonly keys: ReadonlyArray<string>; readonly gate: boolean; readonly etag?: string }
  | { readonly kind: "notModified"; readonly etag?: string }
  | { readonly kind: "refused"; readonly status: 401 | 403 | 429 }
  | { readonly kind: "quota" }
  | { readonly kind: "failed"; readonly status: number }
  | { readonly kind: "reset" }
  | { readonly kind: "malformed"; readonly body: string }
  | { readonly kind: "slow" }

/** What an observer can know about a loader, worked out from the rules alone. */
interface Model {
  readonly keys: ReadonlyArray<string> | undefined
  readonly gate: boolean | undefined
  readonly etag: string | undefined
  readonly ready: boolean
  readonly refusals: number
  readonly failures: number
  readonly delay: number
  readonly reason: DefinitionsErrorReason | undefined
}

const interval = 1_000

const initial: Model = {
  keys: undefined,
  gate: undefined,
  etag: undefined,
  ready: false,
  refusals: 0,
  failures: 0,
  delay: interval,
  reason: undefined
}

const refusedReasons = { 401: "Unauthorized", 403: "Forbidden", 429: "RateLimited" } as const

const failedWith = (model: Model, reason: DefinitionsErrorReason): Model => ({
  ...model,
  failures: model.failures + 1,
  delay: interval,
  reason
})

const next = (model: Model, step: Step): Model => {
  switch (step.kind) {
    case "ok":
      return {
        keys: [...new Set(step.keys)].sort(),
        gate: step.gate,
        etag: step.etag,
        ready: true,
        refusals: 0,
        failures: 0,
        delay: interval,
        reason: model.reason
      }
    case "notModified":
      return model.keys === undefined
        ? failedWith(model, "InvalidDocument")
        : { ...model, etag: step.etag ?? model.etag, refusals: 0, failures: 0, delay: interval }
    case "refused": {
      const refusals = model.refusals + 1
      return {
        ...failedWith(model, refusedReasons[step.status]),
        refusals,
        delay: Math.max(interval, Math.min(60_000, interval * 2 ** refusals))
      }
    }
    case "quota":
      return { ...failedWith(model, "QuotaLimited"), keys: undefined, gate: undefined, etag: undefined }
    case "failed":
      return failedWith(model, "ApiError")
    case "reset":
      return failedWith(model, "ConnectionError")
    case "malformed":
      return failedWith(model, "InvalidDocument")
    case "slow":
      return failedWith(model, "Timeout")
  }
}

const answerOf = (step: Step): Answer => {
  switch (step.kind) {
    case "ok":
      return ok(document(step.keys, { minimal_flag_called_events: step.gate }), step.etag)
    case "notModified":
      return step.etag === undefined ? notModified : { ...notModified, etag: step.etag }
    case "refused":
    case "failed":
      return status(step.status)
    case "quota":
      return status(402)
    case "reset":
      return { reset: true }
    case "malformed":
      return ok(step.body)
    case "slow":
      return { ...ok(document(["never"])), after: "1 day" }
  }
}

const etag = FastCheck.constantFrom("\"a\"", "\"b\"", "W/\"c\"")

const step: FastCheck.Arbitrary<Step> = FastCheck.oneof(
  FastCheck.record({
    kind: FastCheck.constant("ok" as const),
    keys: FastCheck.array(FastCheck.constantFrom("one", "two", "three"), { maxLength: 3 }),
    gate: FastCheck.boolean(),
    etag
  }, { noNullPrototype: true, requiredKeys: ["kind", "keys", "gate"] }),
  FastCheck.record({ kind: FastCheck.constant("notModified" as const), etag }, { noNullPrototype: true, requiredKeys: ["kind"] }),
  FastCheck.record({
    kind: FastCheck.constant("refused" as const),
    status: FastCheck.constantFrom(401 as const, 403 as const, 429 as const)
  }, { noNullPrototype: true }),
  FastCheck.constant({ kind: "quota" as const }),
  FastCheck.record({
    kind: FastCheck.constant("failed" as const),
    status: FastCheck.constantFrom(400, 404, 500, 502, 503)
  }, { noNullPrototype: true }),
  FastCheck.constant({ kind: "reset" as const }),
  FastCheck.record({
    kind: FastCheck.constant("malformed" as const),
    body: FastCheck.constantFrom("", "<html>", "{\"flags\":[", "[]", "{}", "{\"flags\":{}}", "null")
  }, { noNullPrototype: true }),
  FastCheck.constant({ kind: "slow" as const })
)

describe("the loader", () => {
  it.effect.prop(
    "is the model, whatever the server answers",
    { steps: FastCheck.array(step, { minLength: 1, maxLength: 12 }) },
    ({ steps }) =>
      Effect.gen(function*() {
        const scope = yield* Scope.make()
        const endpoint = makeEndpoint(status(500))
        const evaluator = yield* Scope.provide(
          build(endpoint.client, { definitions: { pollInterval: interval } }),
          scope
        )
        let model = initial
        for (const [index, step] of steps.entries()) {
          const held = model.etag
          endpoint.answer(answerOf(step))
          // The first load begins by itself, the others when they are due.
          const { nextAttemptAt = yield* Clock.currentTimeMillis } = yield* evaluator.status
          yield* TestClock.setTime(nextAttemptAt)
          yield* Effect.repeat(yieldToEventLoop, { until: () => endpoint.requests.length > index })
          if (step.kind === "slow") yield* TestClock.adjust("10 seconds")
          yield* settled(evaluator)
          const endedAt = yield* Clock.currentTimeMillis
          model = next(model, step)

          assert.strictEqual(endpoint.requests.length, index + 1)
          assert.strictEqual(endpoint.requests[index]?.headers["if-none-match"], held)
          assert.deepStrictEqual(resolved(evaluator), model.keys ?? [])
          const evaluation = evaluator.evaluate({ distinctId: "someone" })
          assert.strictEqual(evaluation.minimalFlagCalledEvents, model.gate)
          assert.strictEqual(evaluation.needsRemote, model.keys === undefined || model.keys.length === 0)
          const after = yield* evaluator.status
          assert.strictEqual(after.etag, model.etag)
          assert.strictEqual(after.failures, model.failures)
          assert.strictEqual(after.lastFailure?.reason, model.reason)
          const delay = (after.nextAttemptAt ?? Number.NaN) - endedAt
          assert.isAtLeast(delay, model.delay)
          assert.isAtMost(delay, model.delay * 1.1)
          const ready = yield* Effect.timeoutOption(evaluator.ready, 0)
          assert.strictEqual(ready._tag === "Some", model.ready)
        }
        yield* Scope.close(scope, Exit.void)
      }),
    // `npx pnpm check` sets PROPERTY_RUNS to 4.
    { fastCheck: { numRuns: 20 * Number(process.env["PROPERTY_RUNS"] ?? 1) } }
  )
})
