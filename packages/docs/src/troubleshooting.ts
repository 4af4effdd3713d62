import { PostHogTest } from "@effect-posthog/testkit"
import { Effect, Stream } from "effect"
import type { EvaluationRequest } from "effect-posthog"
import { evaluateFlags, EventQueue, Events, Flags, LocalEvaluator } from "effect-posthog"
import { strict as assert } from "node:assert"

// #region flag
/** Everything there is to know about one flag for one caller. It reads silently, and may be asked in production. */
const diagnoseFlag = (key: string, request: EvaluationRequest) =>
  Effect.gen(function*() {
    const flags = yield* evaluateFlags({ ...request, flagKeys: [key] }).pipe(Flags.orPartial)
    const evaluator = yield* LocalEvaluator
    return {
      evaluatedFor: flags.distinctId,
      errors: flags.errors,
      detail: flags.detail(key),
      locally: evaluator.evaluate({ ...request, distinctId: flags.distinctId }, [key]).records.get(key),
      definitions: yield* evaluator.status
    }
  })
// #endregion

// #region events
/** What became of events, for a health endpoint. */
const diagnoseEvents = Effect.flatMap(EventQueue, ({ counts }) => counts)

/** What could not be delivered, as it happens. */
const logLosses = Effect.flatMap(
  EventQueue,
  ({ deliveries }) =>
    Stream.runForEach(deliveries, (delivery) =>
      delivery._tag === "Dropped"
        ? Effect.logWarning(`${delivery.event} was not delivered: ${delivery.reason}`, delivery.details)
        : Effect.void)
)
// #endregion

const definitions = {
  flags: [{
    key: "pricing",
    active: true,
    filters: {
      groups: [{ properties: [{ key: "plan", type: "person", operator: "exact", value: "scale" }] }]
    }
  }]
}

const program = Effect.gen(function*() {
  yield* Effect.forkScoped(logLosses)
  const posthog = yield* PostHogTest.PostHogTest

  const known = yield* diagnoseFlag("pricing", { distinctId: "ada", personProperties: { plan: "free" } })
  assert.deepStrictEqual(known.locally, {
    _tag: "Resolved",
    value: false,
    payload: undefined,
    reason: "no_condition_match",
    conditionIndex: 0
  })
  yield* posthog.expectNoRequest

  const unknown = yield* diagnoseFlag("pricing", { distinctId: "ada" })
  assert.equal(unknown.locally?._tag, "Inconclusive")
  assert.equal((yield* posthog.remoteRequests).length, 1)

  // A key that nobody knows is asked for once, and then remembered until the definitions are loaded again.
  const missing = yield* diagnoseFlag("no-such-flag", { distinctId: "ada" })
  assert.equal(missing.locally, undefined)
  yield* diagnoseFlag("no-such-flag", { distinctId: "grace" })
  assert.equal((yield* posthog.remoteRequests).length, 2)

  // Nobody: no flags, no request, nothing reported.
  const nobody = yield* diagnoseFlag("pricing", {})
  assert.equal(nobody.evaluatedFor, "")
  assert.equal((yield* posthog.remoteRequests).length, 2)

  yield* posthog.expectNoExposure()
  yield* posthog.rejectEvents(1)
  yield* Events.capture({ event: "paid", distinctId: "ada" })
  yield* Events.capture({ event: "paid", distinctId: "ada" })
  yield* Events.flush
  const counts = yield* diagnoseEvents
  assert.deepStrictEqual([counts.accepted, counts.delivered, counts.dropped], [1, 1, 0])
})

await Effect.runPromise(Effect.provide(Effect.scoped(program), PostHogTest.layer({ definitions })))
