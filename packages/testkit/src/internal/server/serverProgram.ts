import * as FileSystem from "@effect/platform/FileSystem"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isRecord } from "effect/Predicate"
import * as Stream from "effect/Stream"
import { basename, dirname, resolve } from "node:path"
import { parseArgs } from "node:util"
import * as PostHogServer from "../../PostHogServer.ts"
import type { Arrival } from "../../Recording.ts"
import { arrayOrEmpty } from "../json.ts"

const usage = `Usage: effect-posthog-server [definitions.json] [options]

Serves PostHog's flag and capture endpoints on this machine, with the flags of a definitions file, which is read again
whenever it changes, and prints what arrives, one line each.

Options:
  --port <number>       default 8000; 0 for any free port
  --host <address>      default 127.0.0.1
  --project-key <key>   default phc_test
  --secret-key <key>    default phs_test
  --help`

/**
 * The program could not start, or was asked how to.
 *
 * @internal
 */
export class ProgramError extends Data.TaggedError("ProgramError")<{ readonly message: string }> {}

interface Arguments {
  readonly file: string | undefined
  readonly options: PostHogServer.Options
}

const parseArguments = (args: ReadonlyArray<string>): Effect.Effect<Arguments | "help", ProgramError> =>
  Effect.gen(function*() {
    const { positionals, values } = yield* Effect.try({
      try: () =>
        parseArgs({
          args: [...args],
          allowPositionals: true,
          options: {
            port: { type: "string", default: "8000" },
            host: { type: "string", default: "127.0.0.1" },
            "project-key": { type: "string", default: "phc_test" },
            "secret-key": { type: "string", default: "phs_test" },
            help: { type: "boolean", default: false }
          }
        }),
      catch: (error) => new ProgramError({ message: error instanceof Error ? error.message : String(error) })
    })
    if (values.help) return "help"
    const port = Number(values.port)
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      return yield* new ProgramError({ message: `No port: ${values.port}` })
    }
    if (positionals.length > 1) return yield* new ProgramError({ message: "More than one definitions file" })
    return {
      file: positionals[0],
      options: {
        port,
        host: values.host,
        projectKey: values["project-key"],
        secretKey: values["secret-key"],
        capacity: 1000
      }
    }
  })

const readDefinitions = (file: string): Effect.Effect<unknown, ProgramError, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const text = yield* Effect.flatMap(FileSystem.FileSystem, (files) => files.readFileString(file)).pipe(
      Effect.mapError((error) => new ProgramError({ message: `${file} cannot be read: ${error.message}` }))
    )
    const document = yield* Effect.try({
      try: (): unknown => JSON.parse(text),
      catch: (error) => new ProgramError({ message: `${file} is no JSON: ${String(error)}` })
    })
    if (!isRecord(document) || !Array.isArray(document["flags"])) {
      return yield* new ProgramError({ message: `${file} is no definitions document: it has no list of flags` })
    }
    return document
  })

const countFlags = (document: unknown): string => {
  const count = isRecord(document) ? arrayOrEmpty(document["flags"]).length : 0
  return `${count} ${count === 1 ? "flag" : "flags"}`
}

// Names and ids may be any text. Without this an event could take two lines, or give orders to the terminal.
const onOneLine = (text: string): string =>
  text.replace(/[\p{Cc}\u2028\u2029]/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)

const printLine = (subject: string, text: string): Effect.Effect<void> =>
  Effect.flatMap(
    DateTime.now,
    (now) => Console.log(`${DateTime.formatIso(now).slice(11, 19)} ${subject.padEnd(11)} ${onOneLine(text)}`)
  )

const distinctIdOf = (body: unknown): string => (isRecord(body) ? String(body["distinct_id"] ?? "") : "")

const printArrival = (arrival: Arrival): Effect.Effect<void> => {
  if (arrival._tag === "Event") {
    const { distinct_id, event, properties } = arrival.event
    return printLine("event", `${event} ${distinct_id} ${JSON.stringify(properties)}`)
  }
  const { body, endpoint, method, path, status } = arrival.request
  const code = Option.getOrElse(status, () => 0)
  switch (endpoint) {
    case "flags":
      return printLine("flags", `${code} ${distinctIdOf(body)}`)
    case "definitions":
      return printLine("definitions", String(code))
    case "other":
      return printLine("unknown", `${code} ${method} ${path}`)
    default:
      // What was accepted has been printed event by event.
      return code === 200 ? Effect.void : printLine(endpoint, `${code}`)
  }
}

/**
 * A broken edit leaves the last good definitions in place. The folder is watched rather than the file, because many
 * editors replace the file they save.
 */
const reloadOnChange = (file: string, server: typeof PostHogServer.PostHogServer.Service) =>
  Effect.flatMap(FileSystem.FileSystem, (files) =>
    files.watch(dirname(resolve(file))).pipe(
      Stream.mapError((error) => new ProgramError({ message: `${file} cannot be watched: ${error.message}` })),
      Stream.filter((event) => basename(event.path) === basename(file)),
      Stream.debounce("50 millis"),
      Stream.mapEffect(() =>
        readDefinitions(file).pipe(
          Effect.flatMap((document) =>
            Effect.zipRight(server.setDefinitions(document), printLine("reloaded", countFlags(document)))
          ),
          Effect.catchAll((error) => printLine("kept", `the definitions of before: ${error.message}`))
        )
      ),
      Stream.runDrain
    ))

const serve = ({ file, options }: Arguments) =>
  Effect.gen(function*() {
    const definitions = file === undefined ? undefined : yield* readDefinitions(file)
    const server = yield* PostHogServer.make({ ...options, definitions }).pipe(
      Effect.mapError((error) => new ProgramError({ message: `Cannot listen: ${String(error.cause)}` }))
    )
    yield* Effect.forkScoped(Stream.runForEach(server.arrivals, printArrival))
    yield* Console.log(`Listening on ${server.url} with ${countFlags(definitions)}`)
    yield* Console.log(`Project key ${options.projectKey}, secret key ${options.secretKey}`)
    if (file === undefined) return yield* Effect.never
    return yield* Effect.zipRight(reloadOnChange(file, server), Effect.never)
  })

/**
 * Runs until it is interrupted. What keeps it from starting is printed.
 *
 * @internal
 */
export const main = (
  args: ReadonlyArray<string>
): Effect.Effect<void, ProgramError, FileSystem.FileSystem> =>
  parseArguments(args).pipe(
    Effect.flatMap((parsed) => parsed === "help" ? Console.log(usage) : Effect.scoped(serve(parsed))),
    Effect.tapError((error) => Console.error(`effect-posthog-server: ${error.message} (--help says more)`))
  )
