import { env } from "cloudflare:workers"
import { PostHog } from "posthog-node"

const posthog = new PostHog(env.POSTHOG_API_KEY, { host: env.POSTHOG_HOST, featureFlagsRequestTimeoutMs: 1000 })

export default {
  async fetch(request: Request, _: unknown, context: { readonly waitUntil: (promise: Promise<unknown>) => void }) {
    const user = new URL(request.url).searchParams.get("user") ?? "nobody"
    const greeting = (await posthog.isFeatureEnabled("warm-greeting", user)) ? "Welcome back!" : "Hello."
    posthog.capture({ event: "greeted", distinctId: user })
    context.waitUntil(posthog.flush())
    return new Response(greeting)
  }
}
