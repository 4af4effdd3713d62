// Generated from packages/tools/editions/effect-posthog-4/src/internal/references.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

/**
 * Changes a reference for what the fiber still has to do, until the effect around it that provided a context ends.
 *
 * @internal
 */
export const updateReference = <A>(reference: Context.Reference<A>, update: (value: A) => A): Effect.Effect<void> =>
  Effect.withFiber((fiber) => {
    fiber.setContext(Context.add(fiber.context, reference, update(fiber.getRef(reference))))
    return Effect.void
  })
