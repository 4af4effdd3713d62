/**
 * OpenFeature's transaction context, from the request context of Effect.
 *
 * @since 1.0.0
 */
import { AsyncLocalStorageTransactionContextPropagator } from "@openfeature/server-sdk"
import type { TransactionContextPropagator } from "@openfeature/server-sdk"
import { currentRequestContext } from "./internal/currentRequestContext.ts"

/**
 * Makes a propagator that takes the targeting key from the `RequestContext` of the running fiber.
 *
 * **When to use**
 *
 * In an Effect program whose requests have a `RequestContext`, so that calls of an OpenFeature client need not name the
 * person.
 *
 * **Details**
 *
 * `distinctId` becomes the targeting key, and `deviceId` is passed on. The fiber is known inside the function given to
 * `Effect.promise` and the like, up to the function's first `await`; after it, and outside of fibers, there is no
 * context. Values of `OpenFeature.setTransactionContext`, which works as usual, win.
 *
 * @example
 * ```ts
 * import { requestContextPropagator } from "@effect-posthog/openfeature"
 * import { OpenFeature } from "@openfeature/server-sdk"
 * import { Effect } from "effect"
 * import { RequestContext } from "effect-posthog"
 *
 * OpenFeature.setTransactionContextPropagator(requestContextPropagator())
 *
 * const program = Effect.sync(() => OpenFeature.getTransactionContext()).pipe(
 *   RequestContext.with({ distinctId: "user-17" })
 * )
 *
 * assert.deepStrictEqual(Effect.runSync(program), { targetingKey: "user-17" })
 * ```
 *
 * @since 1.0.0
 * @category constructors
 */
export const requestContextPropagator = (): TransactionContextPropagator => {
  const stored = new AsyncLocalStorageTransactionContextPropagator()
  return {
    getTransactionContext: () => {
      const { deviceId, distinctId } = currentRequestContext() ?? {}
      return {
        ...(distinctId === undefined ? {} : { targetingKey: distinctId }),
        ...(deviceId === undefined ? {} : { deviceId }),
        ...stored.getTransactionContext()
      }
    },
    setTransactionContext: (context, callback, ...args) => stored.setTransactionContext(context, callback, ...args)
  }
}
