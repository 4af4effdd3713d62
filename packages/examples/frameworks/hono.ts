import { serve } from "@hono/node-server"
import type { PromiseClient } from "effect-posthog/PostHogPromise"
import * as RequestContext from "effect-posthog/RequestContext"
import { Hono } from "hono"
import { HTTPException } from "hono/http-exception"
import { routePath } from "hono/route"
import type { AddressInfo } from "node:net"
import { check } from "./check.ts"
import { checkout } from "./checkout.ts"

await check(async (posthog) => {
  // #region context
  const app = new Hono<{ Variables: { posthog: PromiseClient } }>()
  app.use(async (context, next) => {
    context.set("posthog", posthog.with(RequestContext.fromHeaders(context.req.raw.headers)))
    await next()
  })

  app.get("/checkout", async (context) => context.json(await checkout(context.get("posthog"))))
  // #endregion

  app.get("/boom", () => {
    throw new Error("boom")
  })

  // #region handler
  app.onError(async (error, context) => {
    if (error instanceof HTTPException && error.status < 500) return error.getResponse()
    await context.get("posthog").captureException(error, { properties: { route: routePath(context) } })
    return error instanceof HTTPException ? error.getResponse() : context.text("Internal Server Error", 500)
  })
  // #endregion

  const port = 0
  // #region shutdown
  const server = serve({ fetch: app.fetch, port })

  const stop = async () => {
    await new Promise((resolve) => server.close(resolve))
    await posthog.shutdown()
  }
  process.once("SIGTERM", stop)
  // #endregion
  await new Promise((resolve) => server.once("listening", resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: stop }
})
