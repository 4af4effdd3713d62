// Generated from packages/effect-posthog/src/internal/traced.ts by packages/tools/editions.mjs: change that file, not this one.
import * as References from "effect/References"
import * as Context from "effect/Context"
import type * as Fiber from "effect/Fiber"
import * as Tracer from "effect/Tracer"

const nativeTracer = Context.get(Context.empty(), Tracer.Tracer)

/**
 * Whether a span would be seen. Effect's own tracer shows none, and a span costs more than everything else that an
 * evaluation adds to its request.
 *
 * @internal
 */
export const isTraced = (fiber: Fiber.Fiber<unknown, unknown>): boolean =>
  fiber.getRef(Tracer.Tracer) !== nativeTracer && fiber.getRef(References.TracerEnabled)
