import * as Effect from "effect/Effect"

/**
 * Says in the log which package a message is from.
 *
 * @internal
 */
export const annotated: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> = Effect.annotateLogs({
  package: "@effect-posthog/openfeature",
  module: "OpenFeatureProvider"
})
