/**
 * The adapter as a program: `PORT=8080 pnpm --silent conformance v0`.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as HttpServer from "@effect/platform/HttpServer"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import { argv } from "node:process"
import * as Mode from "./Mode.ts"
import * as Program from "./Program.ts"

const printAddress = Layer.effectDiscard(HttpServer.addressFormattedWith(Console.log))

// Standard output holds the address and nothing else. What warnings tell of, events lost on the way, is what tests do.
const logging = Layer.merge(
  Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.stringLogger)),
  Logger.minimumLogLevel(LogLevel.Error)
)

Effect.gen(function*() {
  const mode = yield* Mode.fromArguments(argv.slice(2))
  const port = yield* Config.withDefault(Config.integer("PORT"), 8080)
  const host = yield* Config.withDefault(Config.nonEmptyString("HOST"), "127.0.0.1")
  return yield* Layer.launch(Layer.provide(printAddress, Program.layer(mode, port, host)))
}).pipe(
  Effect.tapErrorTag("ServeError", ({ cause }) => Console.error(`Cannot listen: ${String(cause)}`)),
  Effect.tapErrorTag("UsageError", ({ message }) => Console.error(message)),
  Effect.tapErrorTag("ConfigError", (error) => Console.error(String(error))),
  Effect.provide(logging),
  NodeRuntime.runMain({ disableErrorReporting: true, disablePrettyLogger: true })
)
