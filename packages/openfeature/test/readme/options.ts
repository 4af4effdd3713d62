import { fromOptions } from "@effect-posthog/openfeature"
import { OpenFeature } from "@openfeature/server-sdk"
import { Redacted } from "effect"

const provider = fromOptions({
  apiKey: Redacted.make(process.env["POSTHOG_API_KEY"] ?? ""),
  // Switches local evaluation on: without it each resolution is a request.
  secretKey: Redacted.make(process.env["POSTHOG_SECRET_KEY"] ?? "")
})

export const start = () => OpenFeature.setProviderAndWait(provider)

export const checkout = async (userId: string) => {
  const client = OpenFeature.getClient()
  const context = { targetingKey: userId, plan: "pro", groups: { company: "acme" } }
  const isNew = await client.getBooleanValue("new-checkout", false, context)
  client.track("checkout started", context, { value: 99.5, currency: "EUR" })
  return isNew ? "new" : "old"
}

// Delivers what is queued.
export const stop = () => OpenFeature.close()
