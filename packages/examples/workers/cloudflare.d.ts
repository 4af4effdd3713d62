/** As much of the platform's types as these programs need. */
declare module "cloudflare:workers" {
  export const env: Readonly<Record<"POSTHOG_API_KEY" | "POSTHOG_SECRET_KEY" | "POSTHOG_HOST", string>>
  export const waitUntil: (promise: Promise<unknown>) => void
}
