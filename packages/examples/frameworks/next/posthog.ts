import * as PostHogPromise from "effect-posthog/PostHogPromise"
import * as RequestContext from "effect-posthog/RequestContext"

// In development Next.js loads a module again after each edit; the client stays.
const shared = globalThis as { posthog?: PostHogPromise.PromiseClient }

export const posthog = shared.posthog ??= PostHogPromise.make({
  apiKey: process.env["POSTHOG_API_KEY"] ?? "",
  host: process.env["POSTHOG_HOST"]
})

export const clientOf = (headers: Headers) => posthog.with(RequestContext.fromHeaders(headers))
