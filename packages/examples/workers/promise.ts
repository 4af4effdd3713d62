// #region all
import { env, waitUntil } from "cloudflare:workers"
import * as PostHogPromise from "effect-posthog/PostHogPromise"

const posthog = PostHogPromise.make({
  apiKey: env.POSTHOG_API_KEY,
  host: env.POSTHOG_HOST,
  flags: { requestTimeout: "1 second", maxRetries: 0 },
  events: { requestTimeout: "2 seconds" },
  waitUntil
})

export default {
  async fetch(request: Request) {
    const user = new URL(request.url).searchParams.get("user") ?? "nobody"
    const flags = await posthog.evaluateFlags(user)
    const greeting = flags.isEnabled("warm-greeting") ? "Welcome back!" : "Hello."
    await posthog.capture({ event: "greeted", distinctId: user, flags })
    return new Response(greeting)
  }
}
// #endregion
