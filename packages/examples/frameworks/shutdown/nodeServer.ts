// #region server
import { HttpServer } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, identity, Layer } from "effect"
import type { Duration } from "effect"
import type { Server, ServerResponse } from "node:http"
import type { ListenOptions } from "node:net"

interface Options extends ListenOptions {
  /** How long requests that were accepted may still take. */
  readonly shutdownTimeout: Duration.DurationInput
}

/** `NodeHttpServer.layer`, except that on closing it answers what it accepted before anything else closes. */
export const layerNodeServer = (evaluate: () => Server, { shutdownTimeout, ...listen }: Options) => {
  const make = Effect.gen(function*() {
    const node = evaluate()
    const server = yield* NodeHttpServer.make(() => node, listen)
    const unanswered = new Set<ServerResponse>()
    const closeAfter = (response: ServerResponse) => {
      if (!response.headersSent) response.setHeader("connection", "close")
    }
    node.on("request", (_request, response) => {
      if (!node.listening) closeAfter(response)
      unanswered.add(response)
      response.once("close", () => unanswered.delete(response))
    })
    const answerAll = Effect.async<void>((resume) => {
      node.close(() => resume(Effect.void))
      // With its answer a client learns that it must not send another request on this connection.
      for (const response of unanswered) closeAfter(response)
    })
    const drain = Effect.timeoutOption(Effect.interruptible(answerAll), shutdownTimeout).pipe(
      Effect.zipRight(Effect.sync(() => node.closeAllConnections()))
    )
    return HttpServer.make({
      address: server.address,
      // The last finalizer to be added runs first: the application is served until the server has drained.
      serve: (app, middleware = identity) =>
        Effect.zipRight(server.serve(app, middleware), Effect.addFinalizer(() => drain))
    })
  })
  return Layer.merge(Layer.scoped(HttpServer.HttpServer, make), NodeHttpServer.layerContext)
}
// #endregion
