import type * as CliApp from "@effect/cli/CliApp"
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { doctorCommand } from "./commands/doctor.ts"
import { inspectCommands } from "./commands/inspect.ts"
import { localCommands } from "./commands/local.ts"
import { Output, report } from "./terminal/output.ts"
import { version } from "./version.ts"

const commands = Command.make("effect-posthog").pipe(
  Command.withDescription(
    "PostHog feature flags on the command line. Exit codes: 0 done, 1 findings or differences, 2 usage or unreadable input, 3 network or authorisation."
  ),
  Command.withSubcommands([...inspectCommands, doctorCommand, ...localCommands])
)

const run = Command.run(commands, { name: "effect-posthog", version, executable: "effect-posthog" })

/** Options that take no value. */
const switches = new Set(["--check", "--help", "-h", "--version", "--wizard", "--quiet"])

/** Options before arguments, as the parser wants them; people write them in any order. */
const optionsFirst = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const [command, ...rest] = args
  if (command === undefined || command.startsWith("-")) return args
  const options: Array<string> = []
  const positionals: Array<string> = []
  for (let index = 0; index < rest.length; index++) {
    const argument = rest[index] ?? ""
    if (argument === "--") {
      positionals.push(...rest.slice(index + 1))
      break
    }
    if (!argument.startsWith("-") || argument === "-") {
      positionals.push(argument)
      continue
    }
    options.push(argument)
    const value = rest[index + 1]
    if (argument.startsWith("--") && !argument.includes("=") && !switches.has(argument) && value !== undefined) {
      options.push(value)
      index++
    }
  }
  return [command, ...options, ...positionals]
}

// eslint-disable-next-line no-control-regex
const styling = /\u001b\[[0-9;]*m/g

/** The parser writes help to the console. It goes where everything else goes, styled for terminals only. */
const consoleOver = (original: Console.Console, output: Output["Type"], isStyled: boolean): Console.Console => {
  const text = (args: ReadonlyArray<unknown>) => {
    const joined = args.map(String).join(" ").trim()
    return `${isStyled ? joined : joined.replace(styling, "").trim()}\n`
  }
  return {
    ...original,
    log: (...args) => output.print(text(args)),
    error: (...args) => output.report(text(args))
  }
}

/** How the program ends. */
export type ExitCode = 0 | 1 | 2 | 3

/** Runs the program with these arguments. Whatever goes wrong is reported; the result is the exit code. */
export const program = (
  args: ReadonlyArray<string>,
  options: { readonly isStyled: boolean } = { isStyled: false }
): Effect.Effect<ExitCode, never, CliApp.CliApp.Environment | HttpClient.HttpClient | Output> =>
  Effect.gen(function*() {
    const output = yield* Output
    const original = yield* Effect.consoleWith(Effect.succeed)
    // The parser drops the first two, as in process.argv.
    const argv = ["node", "effect-posthog", ...optionsFirst(args.length === 0 ? ["--help"] : args)]
    return yield* run(argv).pipe(
      Effect.withConsole(consoleOver(original, output, options.isStyled)),
      Effect.zipRight(ended(0))
    )
  }).pipe(
    Effect.catchAll((error) =>
      error._tag === "Findings"
        ? ended(1)
        : error._tag === "CommandError"
        ? Effect.zipRight(report(`effect-posthog: ${error.message}`), ended(error.exitCode))
        // What is left is the parser's, which has said what is wrong.
        : ended(2)
    ),
    Effect.catchAllCause((cause) =>
      Cause.isInterruptedOnly(cause)
        ? ended(0)
        : Effect.zipRight(report(`effect-posthog: unexpected failure: ${describe(cause)}`), ended(2))
    ),
    Effect.provide(CliConfig.layer({ showBuiltIns: false }))
  )

const ended = (code: ExitCode): Effect.Effect<ExitCode> => Effect.succeed(code)

/** The first line of what failed, without a trace. */
const describe = (cause: Cause.Cause<unknown>): string =>
  Option.match(Cause.dieOption(cause), {
    onNone: () => "interrupted",
    onSome: (defect) =>
      (defect instanceof Error ? `${defect.name}: ${defect.message}` : String(defect)).split("\n")[0] ?? ""
  })
