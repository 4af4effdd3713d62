import * as PostHogPromise from "effect-posthog/PostHogPromise"
import * as RequestContext from "effect-posthog/RequestContext"

const apiKey = process.env["POSTHOG_API_KEY"] ?? ""
// `next build` loads this module as well, where there may be no key: the client does nothing then.
if (apiKey === "") console.warn("POSTHOG_API_KEY is not set: no flags and no events")

// In development Next.js loads a module again after each edit; the client stays.
const shared = globalThis as { posthog?: PostHogPromise.PromiseClient }

export const posthog = shared.posthog ??= PostHogPromise.make({
  apiKey,
  enabled: apiKey !== "",
  host: process.env["POSTHOG_HOST"]
})

export const clientOf = (headers: Headers) => posthog.with(RequestContext.fromHeaders(headers))
