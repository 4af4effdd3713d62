// Generated from packages/effect-posthog/src/internal/library.ts by packages/tools/editions.mjs: change that file, not this one.
import * as References from "effect/References"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as LogLevel from "effect/LogLevel"

/**
 * How the library names itself: `$lib`, `$lib_version`, `User-Agent` and `PostHog-Sdk-Info`.
 *
 * @internal
 */
export const name = "effect-posthog"

/** @internal */
export const version = "4.0.0-0"

/** @internal */
export const userAgent = `${name}/${version}`

/**
 * Says in the log which module of the library a message is from.
 *
 * @internal
 */
export const annotated = (module: string): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> =>
  Effect.annotateLogs({ package: name, module })

/**
 * Whether a fiber logs at Debug. Asked before such a line is composed and annotated, which costs more than what it tells of.
 *
 * @internal
 */
export const isDebug = (fiber: Fiber.Fiber<unknown, unknown>): boolean =>
  LogLevel.isLessThanOrEqualTo(fiber.getRef(References.MinimumLogLevel), "Debug")
