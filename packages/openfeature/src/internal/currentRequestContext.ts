import { RequestContext } from "effect-posthog"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"

/**
 * The request context of the fiber that runs at this moment; absent outside of any. A fiber runs inside a function that
 * an effect calls, up to the function's first `await`.
 *
 * @internal
 */
export const currentRequestContext = (): RequestContext.RequestContext | undefined =>
  Option.match(Fiber.getCurrentFiber(), {
    onNone: () => undefined,
    onSome: (fiber) =>
      Runtime.runSync(
        Runtime.make({
          context: fiber.currentContext,
          fiberRefs: fiber.getFiberRefs(),
          runtimeFlags: Runtime.defaultRuntimeFlags
        })
      )(RequestContext.current)
  })
