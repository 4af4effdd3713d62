// Generated from packages/testkit/src/internal/memory/exposure.ts by packages/tools/editions.mjs: change that file, not this one.
import type { PostHogEvent } from "effect-posthog"
import type { RecordedExposure } from "../../Recording.ts"

/** @internal */
export const exposureEvent = "$feature_flag_called"

/** @internal */
export const isExposure = (event: PostHogEvent): boolean => event.event === exposureEvent

/** @internal */
export const toExposure = (event: PostHogEvent): RecordedExposure => {
  const value = event.properties["$feature_flag_response"]
  const error = event.properties["$feature_flag_error"]
  return {
    flag: String(event.properties["$feature_flag"]),
    value: typeof value === "boolean" || typeof value === "string" ? value : null,
    distinctId: event.distinctId,
    locallyEvaluated: event.properties["locally_evaluated"] === true,
    error: typeof error === "string" ? error : undefined,
    event
  }
}
