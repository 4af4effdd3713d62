import * as RequestContext from "effect-posthog/RequestContext"
import express from "express"
import type { ErrorRequestHandler, Request } from "express"
import type { AddressInfo } from "node:net"
import { check } from "./check.ts"
import { checkout } from "./checkout.ts"

await check(async (posthog) => {
  // #region context
  const app = express()
  const clientOf = (request: Request) => posthog.with(RequestContext.fromHeaders(request.headers))

  app.get("/checkout", async (request, response) => {
    response.json(await checkout(clientOf(request)))
  })
  // #endregion

  app.get("/boom", async () => {
    throw new Error("boom")
  })

  // #region handler
  // After all routes. Express answers, as it does without this.
  const report: ErrorRequestHandler = (error, request, _response, next) => {
    void clientOf(request).captureException(error, { properties: { route: request.route?.path } })
    next(error)
  }
  app.use(report)
  // #endregion

  app.use(((error, _request, response, _next) => response.status(error.status ?? 500).end()) as ErrorRequestHandler)
  const port = 0
  // #region shutdown
  const server = app.listen(port)

  const stop = async () => {
    // Requests that were accepted are answered, then what they captured is delivered.
    await new Promise((resolve) => server.close(resolve))
    await posthog.shutdown()
  }
  process.once("SIGTERM", stop)
  // #endregion
  await new Promise((resolve) => server.once("listening", resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: stop }
})
