import { ErrorCode } from "@openfeature/server-sdk"
import type { EvaluationContext, JsonValue, Provider, ResolutionDetails } from "@openfeature/server-sdk"
import type { PostHog } from "posthog-node"

type Result = NonNullable<Awaited<ReturnType<PostHog["getFeatureFlagResult"]>>>

const failed = <A>(value: A, errorCode: ErrorCode): ResolutionDetails<A> => ({ value, errorCode, reason: "ERROR" })

/**
 * A provider over posthog-node, after what PostHog's own provider is known to do: an answer without the flag is a missing
 * flag, an off flag is the caller's default, and there are two reasons.
 */
export const nodeProvider = (posthog: PostHog): Provider => {
  const resolve = async <A>(
    key: string,
    defaultValue: A,
    { groupProperties, groups, targetingKey, ...personProperties }: EvaluationContext,
    read: (result: Result) => A | undefined,
    off: A = defaultValue
  ): Promise<ResolutionDetails<A>> => {
    if (targetingKey === undefined || targetingKey === "") return failed(defaultValue, ErrorCode.TARGETING_KEY_MISSING)
    const result = await posthog.getFeatureFlagResult(key, targetingKey, {
      personProperties: personProperties as Record<string, never>,
      groups: groups as Record<string, string>,
      groupProperties: groupProperties as Record<string, Record<string, string>>
    })
    if (result === undefined) return failed(defaultValue, ErrorCode.FLAG_NOT_FOUND)
    if (!result.enabled) return { value: off, reason: "DEFAULT" }
    const value = read(result)
    if (value === undefined) return failed(defaultValue, ErrorCode.TYPE_MISMATCH)
    return {
      value,
      reason: "TARGETING_MATCH",
      ...(result.variant === undefined ? {} : { variant: result.variant })
    }
  }
  return {
    metadata: { name: "posthog-node" },
    resolveBooleanEvaluation: (key, defaultValue, context) => resolve(key, defaultValue, context, () => true, false),
    resolveStringEvaluation: (key, defaultValue, context) =>
      resolve(key, defaultValue, context, ({ variant }) => variant),
    resolveNumberEvaluation: (key, defaultValue, context) =>
      resolve(key, defaultValue, context, ({ variant }) => {
        const number = variant === undefined || variant.trim() === "" ? Number.NaN : Number(variant)
        return Number.isFinite(number) ? number : undefined
      }),
    resolveObjectEvaluation: <T extends JsonValue>(key: string, defaultValue: T, context: EvaluationContext) =>
      resolve(
        key,
        defaultValue,
        context,
        ({ payload }) => typeof payload === "object" && payload !== null ? payload as T : undefined
      )
  }
}
