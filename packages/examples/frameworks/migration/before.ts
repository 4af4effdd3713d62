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
