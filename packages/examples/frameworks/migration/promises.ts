import * as PostHogPromise from "effect-posthog/PostHogPromise"
import express from "express"
import type { ErrorRequestHandler, Request } from "express"

// The same service on the promise client: one evaluation per request, and events carry what the code read.
export const make = (host: string) => {
  const shared = PostHogPromise.make({ apiKey: "phc_test", host, events: { maxRetries: 0 } })

  const app = express()
  app.use(express.json())

  const companyOf = (request: Request): string => request.get("x-company") ?? "none"
  const clientOf = (request: Request) => shared.with({ distinctId: request.get("x-user") ?? "anonymous" })

  app.post("/login", (request, response) => {
    const user = request.get("x-user") ?? "anonymous"
    const posthog = clientOf(request)
    void posthog.identify({
      distinctId: user,
      set: { plan: request.body.plan },
      setOnce: { first_login: "2026-01-01" }
    })
    void posthog.alias({ distinctId: user, alias: request.body.email })
    void posthog.capture({ event: "logged in" })
    response.json({ user })
  })

  app.post("/company", (request, response) => {
    const company = companyOf(request)
    void shared.groupIdentify({ groupType: "company", groupKey: company, properties: { seats: request.body.seats } })
    response.json({ company })
  })

  app.get("/pricing", async (request, response) => {
    const posthog = clientOf(request)
    const groups = { company: companyOf(request) }
    const flags = await posthog.evaluateFlags({ groups, flagKeys: ["pricing"] })
    const variant = flags.getFlag("pricing")
    void posthog.capture({ event: "pricing viewed", properties: { variant }, groups })
    response.json({ variant, payload: flags.getFlagPayload("pricing") })
  })

  app.get("/features", async (request, response) => {
    response.json(await clientOf(request).getAllFlags())
  })

  app.post("/checkout", async (request, response) => {
    const posthog = clientOf(request)
    const flags = await posthog.evaluateFlags()
    const total = flags.isEnabled("new-checkout") ? 39 : 42
    void posthog.capture({ event: "checkout finished", properties: { total }, flags })
    response.json({ total })
  })

  app.post("/export", async (request, response) => {
    const posthog = clientOf(request)
    const flags = await posthog.evaluateFlags()
    if (!flags.isEnabled("export")) {
      response.status(403).json({ error: "not allowed" })
      return
    }
    void posthog.capture({ event: "exported", properties: { rows: request.body.rows }, flags })
    response.json({ rows: request.body.rows })
  })

  app.get("/search", async (request, response) => {
    const posthog = clientOf(request)
    const personProperties = { country: request.get("x-country") ?? "unknown" }
    const flags = await posthog.evaluateFlags({ personProperties, flagKeys: ["ranking", "facets", "synonyms"] })
    const ranking = flags.getFlag("ranking")
    const facets = flags.isEnabled("facets")
    const synonyms = flags.isEnabled("synonyms")
    void posthog.capture({
      event: "searched",
      properties: { ranking, facets, synonyms },
      set: { last_query: String(request.query["q"]) }
    })
    response.json({ ranking, facets, synonyms })
  })

  app.get("/banner", async (request, response) => {
    const banner = await clientOf(request).getFeatureFlagResult({ key: "banner" })
    if (banner?.enabled !== true) {
      response.status(204).end()
      return
    }
    response.json({ variant: banner.variant, text: banner.payload })
  })

  app.get("/limits", async (request, response) => {
    response.json(
      await clientOf(request).getAllFlagsAndPayloads({
        groups: { company: companyOf(request) },
        groupProperties: { company: { seats: String(request.query["seats"]) } },
        flagKeys: ["seat-limit", "pricing"]
      })
    )
  })

  app.post("/webhooks/payment", async (request, response) => {
    const { amount, id, paidAt, user } = request.body
    void shared.capture({
      distinctId: user,
      event: "payment received",
      properties: { amount, currency: "EUR" },
      groups: { company: companyOf(request) },
      timestamp: new Date(paidAt),
      uuid: id,
      disableGeoip: true
    })
    await shared.flush()
    response.json({ received: id })
  })

  app.post("/unsubscribe", (request, response) => {
    void clientOf(request).capture({ event: "unsubscribed", unset: ["newsletter"] })
    response.json({ user: request.get("x-user") ?? "anonymous" })
  })

  app.get("/broken", () => {
    throw new Error("broken")
  })

  app.use(
    ((error, request, response, _next) => {
      void clientOf(request).captureException(error, { properties: { route: request.path } })
      response.status(500).json({ error: "internal" })
    }) as ErrorRequestHandler
  )

  return { app, close: () => shared.shutdown() }
}
