// The layers of the test kit take the place of production's.
import { Expectation, PostHogServer, PostHogTest } from "@effect-posthog/testkit"
import type * as HttpServerError from "@effect/platform/HttpServerError"
import type {
  Decider,
  DedupCache,
  DefinitionsError,
  EventQueue,
  LocalEvaluator,
  PostHog,
  PostHogConfig,
  PostHogConfigError
} from "effect-posthog"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe, expect, test } from "tstyche"

describe("PostHogTest.layer", () => {
  test("needs nothing and provides the services and their controls", () => {
    expect(PostHogTest.layer()).type.toBe<
      Layer.Layer<
        PostHogTest.PostHogTest | Decider | LocalEvaluator | EventQueue | DedupCache | PostHogConfig,
        PostHogConfigError | DefinitionsError
      >
    >()
  })

  test("provides all that PostHog.layer provides", () => {
    type Provided<L> = L extends Layer.Layer<infer A, infer _E, infer _R> ? A : never
    expect<Exclude<Provided<ReturnType<typeof PostHog.layer>>, PostHogTest.Services>>().type.toBe<never>()
  })

  test("its expectations fail with ExpectationError alone", () => {
    const expectation = Effect.flatMap(PostHogTest.PostHogTest, (posthog) => posthog.expectExposure({ flag: "a" }))
    expect<Effect.Effect.Error<typeof expectation>>().type.toBe<Expectation.ExpectationError>()
  })
})

describe("PostHogServer.layer", () => {
  test("needs nothing and fails when it cannot listen", () => {
    expect(PostHogServer.layer()).type.toBe<Layer.Layer<PostHogServer.PostHogServer, HttpServerError.ServeError>>()
  })
})
