import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { ProviderOptions } from "../ProviderOptions.ts"
import type { Values } from "./flagValue.ts"

/**
 * The options of a provider, validated and with their defaults.
 *
 * @internal
 */
export interface Settings {
  readonly defaultDistinctId: string | undefined
  readonly sendFeatureFlagEvents: boolean
  readonly values: Values
  readonly readyWithin: Duration.Duration
  /** Absent: five poll intervals. */
  readonly staleAfter: Duration.Duration | undefined
  readonly flagSetId: string | undefined
  readonly trackContext: boolean
}

/** The option that cannot be used, in words. */
type Unusable = string

const text = (name: string, value: unknown): Either.Either<string | undefined, Unusable> => {
  if (value === undefined || value === "") return Either.right(undefined)
  return typeof value === "string" ? Either.right(value) : Either.left(`${name} must be a string`)
}

const duration = (name: string, value: unknown): Either.Either<Duration.Duration | undefined, Unusable> => {
  if (value === undefined) return Either.right(undefined)
  return Either.fromOption(
    Option.filter(Duration.decodeUnknown(value), Duration.isFinite),
    () => `${name} must be a finite duration`
  )
}

/** @internal */
export const validate = (options: ProviderOptions): Either.Either<Settings, Unusable> =>
  Either.gen(function*() {
    const { sendFeatureFlagEvents = true, trackContext = false, values = "variant" } = options
    if (values !== "variant" && values !== "payload") return yield* Either.left("values must be variant or payload")
    if (typeof sendFeatureFlagEvents !== "boolean") {
      return yield* Either.left("sendFeatureFlagEvents must be a boolean")
    }
    if (trackContext !== false && trackContext !== "properties") {
      return yield* Either.left("trackContext must be false or properties")
    }
    return {
      defaultDistinctId: yield* text("defaultDistinctId", options.defaultDistinctId),
      sendFeatureFlagEvents,
      values,
      readyWithin: (yield* duration("readyWithin", options.readyWithin)) ?? Duration.seconds(10),
      staleAfter: yield* duration("staleAfter", options.staleAfter),
      flagSetId: yield* text("flagSetId", options.flagSetId),
      trackContext: trackContext === "properties"
    }
  })
