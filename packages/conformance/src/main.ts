/**
 * The adapter as a program: `PORT=8080 pnpm --silent conformance v0`.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as HttpServer from "@effect/platform/HttpServer"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { createServer } from "node:http"
import { argv } from "node:process"
import * as Adapter from "./Adapter.ts"
import * as Mode from "./Mode.ts"

const host = "127.0.0.1"

const port = Config.withDefault(Config.port("PORT"), 8080)

// Closing a server waits for its connections, of which the harness keeps some open.
const ServerLive = Layer.unwrapScoped(
  Effect.map(port, (port) => {
    const server = createServer()
    return Layer.scopedDiscard(Effect.addFinalizer(() => Effect.sync(() => server.closeAllConnections()))).pipe(
      Layer.provideMerge(NodeHttpServer.layer(() => server, { host, port }))
    )
  })
)

// A connection per request: one that the harness closed while it was idle would look like a failed attempt.
const ClientLive = NodeHttpClient.layerWithoutAgent.pipe(
  Layer.provide(NodeHttpClient.makeAgentLayer({ keepAlive: false }))
)

const printAddress = Layer.scopedDiscard(HttpServer.addressFormattedWith(Console.log))

// Standard output holds the address and nothing else.
const LoggerLive = Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.stringLogger))

Mode.fromArguments(argv.slice(2)).pipe(
  Effect.flatMap((mode) =>
    Layer.launch(
      Layer.merge(Adapter.layer(mode), printAddress).pipe(
        Layer.provide(ServerLive),
        Layer.provide(ClientLive)
      )
    )
  ),
  Effect.provide(LoggerLive),
  NodeRuntime.runMain({ disablePrettyLogger: true })
)
