/**
 * The adapter with its server and its client, as the program runs it.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import type * as HttpServer from "@effect/platform/HttpServer"
import type * as HttpServerError from "@effect/platform/HttpServerError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { createServer } from "node:http"
import * as Adapter from "./Adapter.ts"
import type { Mode } from "./Mode.ts"

// Closing a server waits for its connections, of which the harness keeps some open.
// It may come back to one at the moment in which a server gives up an idle connection, so this one gives up none.
const layerServer = (port: number, host: string) =>
  Layer.suspend(() => {
    const server = createServer({ keepAliveTimeout: 0 })
    return Layer.scopedDiscard(Effect.addFinalizer(() => Effect.sync(() => server.closeAllConnections()))).pipe(
      Layer.provideMerge(NodeHttpServer.layer(() => server, { host, port }))
    )
  })

// A connection per request: one that the harness closed while it was idle would look like a failed attempt.
const layerClient = NodeHttpClient.layerWithoutAgent.pipe(
  Layer.provide(NodeHttpClient.makeAgentLayer({ keepAlive: false }))
)

/**
 * Listens until its scope closes, which is prompt. Port 0 is any free port.
 */
export const layer = (
  mode: Mode,
  port: number,
  host = "127.0.0.1"
): Layer.Layer<HttpServer.HttpServer, HttpServerError.ServeError> =>
  Adapter.layer(mode).pipe(Layer.provideMerge(layerServer(port, host)), Layer.provide(layerClient))
