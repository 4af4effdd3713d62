import type { EvaluationContext } from "@openfeature/server-sdk"
import type { Events } from "effect-posthog"
import { readDetails, readTrackingContext } from "./evaluationContext.ts"
import type { Settings } from "./settings.ts"

/**
 * The event that a tracking call stands for. The fields of the context are person properties for targeting, and stay
 * out of it unless they are wanted.
 *
 * @internal
 */
export const messageOf = (
  name: string,
  context: EvaluationContext | undefined,
  details: unknown,
  { defaultDistinctId, trackContext }: Settings
): Events.CaptureMessage => {
  const { distinctId, groups, personProperties } = readTrackingContext(context)
  return {
    event: name,
    distinctId: distinctId ?? defaultDistinctId,
    groups,
    properties: { ...(trackContext ? personProperties : {}), ...readDetails(details) }
  }
}
