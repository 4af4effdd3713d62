import Fastify from "fastify"
import { check } from "./check.ts"

await check(async (posthog) => {
  const app = Fastify()
  app.get("/boom", async () => {
    throw new Error("boom")
  })

  // #region handler
  // A hook sees the error; the error handler goes on answering.
  app.addHook("onError", async (request, _reply, error) => {
    await posthog.captureException(error, {
      distinctId: request.headers["x-posthog-distinct-id"]?.toString(),
      properties: { route: request.routeOptions.url }
    })
  })
  // #endregion

  return { url: await app.listen({ port: 0, host: "127.0.0.1" }), close: () => app.close() }
})
