// Generated from packages/effect-posthog/src/internal/transport/diagnosis.ts by packages/tools/editions.mjs: change that file, not this one.
import { hintOfCode, hintOfStatus, notPostHog } from "../http/hints.ts"
import { causes } from "../http/request.ts"
import { oneLine } from "../quote.ts"

const code = /^[A-Z][A-Z0-9_]{2,40}$/

const codeOf = (error: unknown): string | undefined => {
  for (const { code: found } of causes(error)) {
    if (typeof found === "string" && code.test(found)) return found
  }
  return undefined
}

/**
 * A warning for an operator, and the kind by which it is kept from being repeated.
 *
 * @internal
 */
export interface Diagnosis {
  readonly kind: string
  readonly warning: string
}

/**
 * What an answer that refuses a request says about the configuration, if it does.
 *
 * @internal
 */
export const diagnoseAnswer = (host: string, status: number, details: string): Diagnosis | undefined => {
  if (details === "invalid_response") {
    return {
      kind: details,
      warning: `${oneLine(host)} answered ${status} with something that is not PostHog's answer: ${notPostHog}`
    }
  }
  const hint = status === 402 ? "the project's quota of events is used up" : hintOfStatus(status)
  return hint === undefined
    ? undefined
    : { kind: String(status), warning: `${oneLine(host)} refused events with status ${status}: ${hint}` }
}

/**
 * The same for a batch that was given up after its last attempt.
 *
 * @internal
 */
export const diagnoseLoss = (host: string, details: string, attempts: number, error: unknown): Diagnosis => {
  const found = codeOf(error)
  const hint = hintOfCode(found)
  return {
    kind: "unreachable",
    warning: `${oneLine(host)} took no events in ${attempts} ${attempts === 1 ? "attempt" : "attempts"} (${
      oneLine(details)
    }${found === undefined ? "" : `, ${oneLine(found)}`})${hint === undefined ? "" : `; ${hint}`}`
  }
}
