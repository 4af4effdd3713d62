import express from "express"
import type { ErrorRequestHandler, Request } from "express"
import { PostHog } from "posthog-node"

// A shop's service on posthog-node, as many are: flags one by one, flags on events by `sendFeatureFlags`.
export const make = (host: string) => {
  const posthog = new PostHog("phc_test", { host, flushInterval: 100, fetchRetryCount: 0 })

  const app = express()
  app.use(express.json())

  const userOf = (request: Request): string => request.get("x-user") ?? "anonymous"
  const companyOf = (request: Request): string => request.get("x-company") ?? "none"

  app.post("/login", (request, response) => {
    const user = userOf(request)
    posthog.identify({
      distinctId: user,
      properties: { $set: { plan: request.body.plan }, $set_once: { first_login: "2026-01-01" } }
    })
    posthog.alias({ distinctId: user, alias: request.body.email })
    posthog.capture({ distinctId: user, event: "logged in" })
    response.json({ user })
  })

  app.post("/company", (request, response) => {
    const company = companyOf(request)
    posthog.groupIdentify({ groupType: "company", groupKey: company, properties: { seats: request.body.seats } })
    response.json({ company })
  })

  app.get("/pricing", async (request, response) => {
    const user = userOf(request)
    const groups = { company: companyOf(request) }
    const variant = await posthog.getFeatureFlag("pricing", user, { groups })
    const payload = await posthog.getFeatureFlagPayload("pricing", user, variant)
    posthog.capture({ distinctId: user, event: "pricing viewed", properties: { variant }, groups })
    response.json({ variant, payload })
  })

  app.get("/features", async (request, response) => {
    response.json(await posthog.getAllFlags(userOf(request)))
  })

  app.post("/checkout", async (request, response) => {
    const user = userOf(request)
    const isNew = await posthog.isFeatureEnabled("new-checkout", user)
    const total = isNew === true ? 39 : 42
    posthog.capture({ distinctId: user, event: "checkout finished", properties: { total }, sendFeatureFlags: true })
    response.json({ total })
  })

  app.post("/export", async (request, response) => {
    const user = userOf(request)
    const allowed = await posthog.isFeatureEnabled("export", user)
    if (allowed !== true) {
      response.status(403).json({ error: "not allowed" })
      return
    }
    posthog.capture({
      distinctId: user,
      event: "exported",
      properties: { rows: request.body.rows },
      sendFeatureFlags: true
    })
    response.json({ rows: request.body.rows })
  })

  app.get("/search", async (request, response) => {
    const user = userOf(request)
    const personProperties = { country: request.get("x-country") ?? "unknown" }
    const ranking = await posthog.getFeatureFlag("ranking", user, { personProperties })
    const facets = (await posthog.isFeatureEnabled("facets", user, { personProperties })) === true
    const synonyms = (await posthog.isFeatureEnabled("synonyms", user, { personProperties })) === true
    posthog.capture({
      distinctId: user,
      event: "searched",
      properties: { ranking, facets, synonyms, $set: { last_query: String(request.query["q"]) } }
    })
    response.json({ ranking, facets, synonyms })
  })

  app.get("/banner", async (request, response) => {
    const banner = await posthog.getFeatureFlagResult("banner", userOf(request))
    if (banner?.enabled !== true) {
      response.status(204).end()
      return
    }
    response.json({ variant: banner.variant, text: banner.payload })
  })

  app.get("/limits", async (request, response) => {
    const company = companyOf(request)
    const { featureFlagPayloads, featureFlags } = await posthog.getAllFlagsAndPayloads(userOf(request), {
      groups: { company },
      groupProperties: { company: { seats: String(request.query["seats"]) } },
      flagKeys: ["seat-limit", "pricing"]
    })
    response.json({ flags: featureFlags, payloads: featureFlagPayloads })
  })

  app.post("/webhooks/payment", async (request, response) => {
    const { amount, id, paidAt, user } = request.body
    await posthog.captureImmediate({
      distinctId: user,
      event: "payment received",
      properties: { amount, currency: "EUR" },
      groups: { company: companyOf(request) },
      timestamp: new Date(paidAt),
      uuid: id,
      disableGeoip: true
    })
    response.json({ received: id })
  })

  app.post("/unsubscribe", (request, response) => {
    const user = userOf(request)
    posthog.capture({ distinctId: user, event: "unsubscribed", properties: { $unset: ["newsletter"] } })
    response.json({ user })
  })

  app.get("/broken", () => {
    throw new Error("broken")
  })

  app.use(
    ((error, request, response, _next) => {
      posthog.captureException(error, userOf(request), { route: request.path })
      response.status(500).json({ error: "internal" })
    }) as ErrorRequestHandler
  )

  return { app, close: () => posthog.shutdown() }
}
