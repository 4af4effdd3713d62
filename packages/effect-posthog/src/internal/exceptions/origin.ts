import * as Context from "effect/Context"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import type * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import type { Timestamp } from "../../EventDraft.ts"
import { attachedFlags, requestFlagsRef } from "../evaluation/requestFlags.ts"
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
  readonly fiberId: FiberId.FiberId
  readonly annotations: HashMap.HashMap<string, unknown>
  readonly timestamp: Timestamp | undefined
  readonly now: number
}

/** @internal */
export const ofFiber = (fiber: Fiber.RuntimeFiber<unknown, unknown>): Origin => ({
  context: fiber.getFiberRef(requestContextRef),
  flagsOf: (distinctId) => attachedFlags(fiber, distinctId),
  span: Option.getOrUndefined(Context.getOption(fiber.currentContext, Tracer.ParentSpan)),
  fiberId: fiber.id(),
  annotations: fiber.getFiberRef(FiberRef.currentLogAnnotations),
  timestamp: undefined,
  now: clockOf(fiber).unsafeCurrentTimeMillis()
})

/** @internal */
export const ofLogRecord = (record: {
  readonly context: FiberRefs.FiberRefs
  readonly fiberId: FiberId.FiberId
  readonly annotations: HashMap.HashMap<string, unknown>
  readonly date: Date
}): Origin => ({
  context: FiberRefs.getOrDefault(record.context, requestContextRef),
  flagsOf: (distinctId) => FiberRefs.getOrDefault(record.context, requestFlagsRef)?.attached(distinctId),
  span: Option.getOrUndefined(
    Context.getOption(FiberRefs.getOrDefault(record.context, FiberRef.currentContext), Tracer.ParentSpan)
  ),
  fiberId: record.fiberId,
  annotations: record.annotations,
  timestamp: record.date,
  now: record.date.getTime()
})
