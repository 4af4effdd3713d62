import { causes } from "../http/request.ts"
import { oneLine } from "../quote.ts"

const code = /^[A-Z][A-Z0-9_]{2,40}$/

const codeOf = (error: unknown): string => {
  for (const { code: found } of causes(error)) {
    if (typeof found === "string" && code.test(found)) return `, ${oneLine(found)}`
  }
  return ""
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

const hints: Readonly<Record<number, string>> = {
  401: "is apiKey the project API key (phc_…) of a project in that region?",
  402: "the project's quota of events is used up",
  403: "is apiKey the project API key (phc_…), and may this machine reach PostHog?",
  404: "is that a PostHog host, such as https://us.i.posthog.com or https://eu.i.posthog.com?",
  413: "a proxy in between may allow smaller requests than PostHog does"
}

const redirect = "a redirect, which is not followed: set host to where it leads"

/**
 * What an answer that refuses a request says about the configuration, if it does.
 *
 * @internal
 */
export const diagnoseAnswer = (host: string, status: number, details: string): Diagnosis | undefined => {
  if (details === "invalid_response") {
    return {
      kind: details,
      warning: `${
        oneLine(host)
      } answered ${status} with something that is not PostHog's answer: is it a PostHog host, or does a proxy or a sign-in page answer in its place?`
    }
  }
  const hint = status >= 300 && status < 400 ? redirect : hints[status]
  return hint === undefined
    ? undefined
    : { kind: String(status), warning: `${oneLine(host)} refused events with status ${status}: ${hint}` }
}

/**
 * The same for a batch that was given up after its last attempt.
 *
 * @internal
 */
export const diagnoseLoss = (host: string, details: string, attempts: number, error: unknown): Diagnosis => ({
  kind: "unreachable",
  warning: `${oneLine(host)} took no events in ${attempts} ${attempts === 1 ? "attempt" : "attempts"} (${
    oneLine(details)
  }${codeOf(error)})`
})
