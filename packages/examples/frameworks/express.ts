import express from "express"
import type { ErrorRequestHandler } from "express"
import type { AddressInfo } from "node:net"
import { check } from "./check.ts"

await check(async (posthog) => {
  const app = express()
  app.get("/boom", async () => {
    throw new Error("boom")
  })

  // #region handler
  // After all routes. Express answers, as it does without this.
  const report: ErrorRequestHandler = (error, request, _response, next) => {
    void posthog.captureException(error, {
      distinctId: request.get("x-posthog-distinct-id"),
      properties: { route: request.route?.path }
    })
    next(error)
  }
  app.use(report)
  // #endregion

  app.use(((error, _request, response, _next) => response.status(error.status ?? 500).end()) as ErrorRequestHandler)
  const server = app.listen(0, "127.0.0.1")
  await new Promise((resolve) => server.once("listening", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(resolve))
  }
})
