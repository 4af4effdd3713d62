/** The commands that serve: server, dev. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { readProject } from "../definitions/readDefinitions.ts"
import type { DefinitionsOrigin } from "../dev/definitionsFeed.ts"
import type { CommandError } from "../terminal/output.ts"
import { unusable } from "../terminal/output.ts"
import * as Shared from "./options.ts"

const keys = {
  projectKey: Options.text("project-key").pipe(
    Options.withPseudoName("KEY"),
    Options.withDescription("The project key that clients of this server use. Default: phc_test."),
    Options.withDefault("phc_test")
  ),
  secretKey: Options.text("secret-key").pipe(
    Options.withPseudoName("KEY"),
    Options.withDescription("The secret key that clients of this server use: not one of PostHog's. Default: phs_test."),
    Options.withDefault("phs_test")
  )
}

const file = Args.text({ name: "FILE" }).pipe(
  Args.withDescription("The file with the definitions, the same as --definitions."),
  Args.optional
)

const upstream = Options.text("upstream").pipe(
  Options.withAlias("host"),
  Options.withPseudoName("URL"),
  Options.withDescription(
    "Serve the definitions of a real project, with its secret key in POSTHOG_SECRET_KEY; events stay on this machine."
  ),
  Options.optional
)

const originOf = (options: {
  readonly file: Option.Option<string>
  readonly definitions: Option.Option<string>
  readonly upstream: Option.Option<string>
  readonly secretKeyFile: Option.Option<string>
}): Effect.Effect<DefinitionsOrigin, CommandError, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const given = [options.file, options.definitions, options.upstream].filter(Option.isSome)
    if (given.length > 1) return yield* unusable("give one of FILE, --definitions and --upstream")
    const named = Option.orElse(options.definitions, () => options.file)
    if (Option.isSome(named)) return { _tag: "File", file: named.value } as const
    if (Option.isNone(options.upstream)) return { _tag: "None" } as const
    const project = yield* readProject({ host: options.upstream, secretKeyFile: options.secretKeyFile })
    return { _tag: "Upstream", project } as const
  })

const checkedPort = (port: number): Effect.Effect<number, CommandError> =>
  port >= 0 && port <= 65_535 ? Effect.succeed(port) : Effect.fail(unusable(`${port} is not a port: 0 to 65535`))

const server = Command.make(
  "server",
  {
    file,
    definitions: Shared.definitions,
    upstream,
    secretKeyFile: Shared.secretKeyFile,
    port: Shared.port("port", 8000, "The port on loopback."),
    ...keys,
    quiet: Options.boolean("quiet").pipe(Options.withDescription("Do not print what arrives."))
  },
  (options) =>
    Effect.gen(function*() {
      const origin = yield* originOf(options)
      const port = yield* checkedPort(options.port)
      // Loaded when it is used: other commands start without a server.
      const { serve } = yield* Effect.promise(() => import("../dev/serve.ts"))
      return yield* serve({ ...options, port, origin })
    })
).pipe(
  Command.withDescription("Serves flags and takes events on this machine as PostHog would, and prints what arrives.")
)

const dev = Command.make(
  "dev",
  {
    file,
    definitions: Shared.definitions,
    upstream,
    secretKeyFile: Shared.secretKeyFile,
    port: Shared.port("port", 8000, "The port of the PostHog-compatible server."),
    pagePort: Shared.port("page-port", 8001, "The port of the page."),
    ...keys
  },
  (options) =>
    Effect.gen(function*() {
      const origin = yield* originOf(options)
      const port = yield* checkedPort(options.port)
      const pagePort = yield* checkedPort(options.pagePort)
      const { serveWithPage } = yield* Effect.promise(() => import("../dev/serve.ts"))
      return yield* serveWithPage({ ...options, port, pagePort, origin })
    })
).pipe(Command.withDescription("The server with a page: flags, people, explanations, forced values, faults, events."))

/** The commands of this module. */
export const localCommands = [server, dev] as const
