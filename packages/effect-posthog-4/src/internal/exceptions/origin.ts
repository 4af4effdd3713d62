// Generated from packages/effect-posthog/src/internal/exceptions/origin.ts by packages/tools/editions.mjs: change that file, not this one.
import * as References from "effect/References"
import { lastReference } from "../references.ts"
import * as Context from "effect/Context"
import type * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import type { Timestamp } from "../../EventDraft.ts"
import { attachedFlags } from "../evaluation/requestFlags.ts"
import { clockOf } from "../eventLoop.ts"
import { type RequestContext, requestContextRef } from "../requestContext.ts"

/**
 * Where a failure was caught: what of the fiber goes onto its events.
 *
 * @internal
 */
export interface Origin {
  readonly context: RequestContext
  /** What the flags of the request contribute to the events of a person. */
  readonly flagsOf: (distinctId: string | undefined) => Readonly<Record<string, unknown>> | undefined
  readonly span: Tracer.AnySpan | undefined
  readonly fiberId: number
  readonly annotations: Readonly<Record<string, unknown>>
  readonly timestamp: Timestamp | undefined
  readonly now: number
}

/** @internal */
export const ofFiber = (fiber: Fiber.Fiber<unknown, unknown>): Origin => ({
  context: lastReference(fiber, requestContextRef),
  flagsOf: (distinctId) => attachedFlags(fiber, distinctId),
  span: Option.getOrUndefined(Context.getOption(fiber.context, Tracer.ParentSpan)),
  fiberId: fiber.id,
  annotations: fiber.getRef(References.CurrentLogAnnotations),
  timestamp: undefined,
  now: clockOf(fiber).currentTimeMillisUnsafe()
})

/** @internal */
export const ofLogRecord = (record: {
  readonly fiber: Fiber.Fiber<unknown, unknown>
  readonly date: Date
}): Origin => ({
  ...ofFiber(record.fiber),
  timestamp: record.date,
  now: record.date.getTime()
})
