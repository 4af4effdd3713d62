import type { PromiseClient } from "effect-posthog/PostHogPromise"
import * as RequestContext from "effect-posthog/RequestContext"
import Fastify from "fastify"
import { check } from "./check.ts"
import { checkout } from "./checkout.ts"

await check(async (posthog) => {
  // #region context
  const app = Fastify()
  app.decorateRequest("posthog")
  app.addHook("onRequest", async (request) => {
    request.setDecorator("posthog", posthog.with(RequestContext.fromHeaders(request.headers)))
  })

  app.get("/checkout", (request) => checkout(request.getDecorator<PromiseClient>("posthog")))
  // #endregion

  app.get("/boom", async () => {
    throw new Error("boom")
  })

  // #region handler
  // A hook sees the error; the error handler goes on answering.
  app.addHook("onError", async (request, _reply, error) => {
    await request.getDecorator<PromiseClient>("posthog").captureException(error, {
      properties: { route: request.routeOptions.url }
    })
  })
  // #endregion

  // #region shutdown
  // Fastify answers the requests that it has accepted before it runs this hook.
  app.addHook("onClose", () => posthog.shutdown())
  process.once("SIGTERM", () => app.close())
  // #endregion

  return { url: await app.listen({ port: 0, host: "127.0.0.1" }), close: () => app.close() }
})
