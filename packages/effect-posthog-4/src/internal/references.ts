// Generated from packages/tools/editions/effect-posthog-4/src/internal/references.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

/** Updates of one fiber that are remembered. */
const mostUpdates = 16

interface Update {
  readonly before: object
  readonly after: object
}

/** The last updates of fibers, the newest first. */
const updates = new WeakMap<object, ReadonlyArray<Update>>()

const note = (fiber: object, update: Update): void => {
  updates.set(fiber, [update, ...(updates.get(fiber) ?? []).slice(0, mostUpdates - 1)])
}

/**
 * Changes a reference for what the fiber still has to do, until the effect around it that provided a context ends. The
 * update makes a new object.
 *
 * @internal
 */
export const updateReference = <A extends object>(
  reference: Context.Reference<A>,
  update: (value: A) => A
): Effect.Effect<void> =>
  Effect.withFiber((fiber) => {
    const before = fiber.getRef(reference)
    const after = update(before)
    note(fiber, { before, after })
    fiber.setContext(Context.add(fiber.context, reference, after))
    return Effect.void
  })

/**
 * What a fiber last updated a reference to, also where the effect that provided a context has ended with a failure: who
 * catches that outside of it wants to know what held inside. An update below another value says nothing here.
 *
 * @internal
 */
export const lastReference = <A extends object>(
  fiber: Fiber.Fiber<unknown, unknown>,
  reference: Context.Reference<A>
): A => {
  const held = fiber.getRef(reference)
  const known = updates.get(fiber) ?? []
  for (const { after } of known) {
    let value: object = after
    // From one update to the one that it was laid over.
    for (const update of known) {
      if (value === held) break
      if (update.after === value) value = update.before
    }
    if (value === held) return after as A
  }
  return held
}
