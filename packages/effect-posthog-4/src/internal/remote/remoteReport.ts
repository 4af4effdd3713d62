// Generated from packages/effect-posthog/src/internal/remote/remoteReport.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { describeRemoteFailure } from "../../Decision.ts"
import type { DecideResponse, RemoteFailure } from "../../Decision.ts"
import type { Settings } from "../../PostHogConfig.ts"
import { clockOf } from "../eventLoop.ts"
import { hintOfCode, hintOfStatus, notPostHog } from "../http/hints.ts"
import { annotated, isDebug } from "../library.ts"
import { oneLine, quote } from "../quote.ts"
import { Warnings } from "../warnings.ts"

const fromHere = annotated("Decider")

/** What statuses mean to evaluations alone. */
const hintsByStatus: Readonly<Record<number, string>> = {
  402: "the project's quota of feature flag requests is used up",
  429: "too many requests: evaluate locally with secretKey, or once per request"
}

const codeOf = ({ cause }: RemoteFailure): string | undefined => {
  const { code } = (cause ?? {}) as { readonly code?: unknown }
  return typeof code === "string" ? code : undefined
}

const hintFor = (failure: RemoteFailure, settings: Settings): string | undefined => {
  const { httpStatus, reason } = failure
  switch (reason) {
    case "ApiError":
      // PostHog answers an unusable key with 400 or 401.
      return hintsByStatus[httpStatus ?? 0] ?? hintOfStatus(httpStatus === 400 ? 401 : httpStatus)
    case "InvalidResponse":
      return notPostHog
    case "TooLarge":
      return `flags.maxResponseBytes is ${settings.flags.maxResponseBytes}`
    case "Timeout":
      return `flags.requestTimeout is ${Duration.format(settings.flags.requestTimeout)}`
    case "ConnectionError":
      return hintOfCode(codeOf(failure))
    case "UnknownError":
      return undefined
  }
}

/** What went wrong, in one line for an operator. */
const warningOf = (failure: RemoteFailure, settings: Settings): string => {
  const code = codeOf(failure)
  const hint = hintFor(failure, settings)
  const text = failure.reason === "UnknownError" && failure.cause instanceof Error ? failure.cause.message : ""
  return `${oneLine(settings.host)} did not evaluate flags: ${describeRemoteFailure(failure)}` +
    (code === undefined ? "" : ` (${code})`) + (text === "" ? "" : ` (${quote(text)})`) +
    (hint === undefined ? "" : `; ${hint}`)
}

const millisSince = (fiber: Fiber.Fiber<unknown, unknown>, since: bigint): string =>
  `${Math.round(Number(clockOf(fiber).monotonicTimeNanosUnsafe() - since) / 1e6)} ms`

/**
 * Says what became of evaluations by the server: a warning a minute for each way in which they fail, a line when they
 * work again, and at the level Debug a line for each.
 *
 * @internal
 */
export class RemoteReport {
  private readonly warnings = new Warnings("Decider")
  private readonly settings: Settings
  /** Since the last line that said that it works. */
  private failures = 0
  private isDown = false

  constructor(settings: Settings) {
    this.settings = settings
  }

  failed(failure: RemoteFailure, since: bigint): Effect.Effect<void> {
    return Effect.withFiber((fiber) => {
      this.failures += 1
      const kind = [failure.reason, failure.httpStatus, codeOf(failure)].join(" ")
      const now = clockOf(fiber).currentTimeMillisUnsafe()
      const warning = this.warnings.warn(kind, warningOf(failure, this.settings), now)
      if (warning !== Effect.void) this.isDown = true
      return isDebug(fiber)
        ? Effect.andThen(
          warning,
          fromHere(Effect.logDebug(
            `PostHog did not evaluate flags in ${millisSince(fiber, since)}: ${describeRemoteFailure(failure)}`
          ))
        )
        : warning
    })
  }

  answered(response: DecideResponse, since: bigint): Effect.Effect<DecideResponse> {
    return Effect.withFiber((fiber) => {
      const debugs = isDebug(fiber)
      if (!this.isDown && !debugs) return Effect.succeed(response)
      const recovered = this.isDown ? this.recovered() : Effect.void
      const count = Object.keys(response.flags).length
      const line = debugs
        ? fromHere(Effect.logDebug(
          `PostHog evaluated ${count} ${count === 1 ? "flag" : "flags"} in ${millisSince(fiber, since)}` +
            (response.requestId === undefined ? "" : ` (request ${quote(response.requestId)})`)
        ))
        : Effect.void
      return Effect.as(Effect.andThen(recovered, line), response)
    })
  }

  // Said as often as warnings are, which are limited: a server that answers every second request is no line for each.
  private recovered(): Effect.Effect<void> {
    const { failures } = this
    this.failures = 0
    this.isDown = false
    return fromHere(Effect.logInfo(
      `${oneLine(this.settings.host)} evaluates flags again (${failures} ${
        failures === 1 ? "evaluation" : "evaluations"
      } failed)`
    ))
  }
}
