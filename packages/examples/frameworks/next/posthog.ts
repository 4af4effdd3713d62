import * as PostHogPromise from "effect-posthog/PostHogPromise"
import * as RequestContext from "effect-posthog/RequestContext"

const apiKey = process.env["POSTHOG_API_KEY"] ?? ""

// In development Next.js loads a module again after each edit; the client stays.
const shared = globalThis as { posthog?: PostHogPromise.PromiseClient }

export const posthog = shared.posthog ??= PostHogPromise.make({
  apiKey,
  // `next build` loads this module as well, where there is no key.
  enabled: apiKey !== "",
  host: process.env["POSTHOG_HOST"]
})

export const clientOf = (headers: Headers) => posthog.with(RequestContext.fromHeaders(headers))
