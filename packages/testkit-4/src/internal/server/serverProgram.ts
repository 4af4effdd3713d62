// Generated from packages/testkit/src/internal/server/serverProgram.ts by packages/tools/editions.mjs: change that file, not this one.
import * as FileSystem from "effect/FileSystem"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isObject as isRecord } from "effect/Predicate"
import * as Stream from "effect/Stream"
import { basename, dirname, resolve } from "node:path"
import * as PostHogServer from "../../PostHogServer.ts"
import type { Arrival } from "../../Recording.ts"
import { arrayOrEmpty } from "../json.ts"
import type { Arguments } from "./programArguments.ts"
import * as ProgramArguments from "./programArguments.ts"
import * as ProgramFiles from "./programFiles.ts"

const countFlags = (document: unknown): string => {
  const count = isRecord(document) ? arrayOrEmpty(document["flags"]).length : 0
  return `${count} ${count === 1 ? "flag" : "flags"}`
}

/** Longer lines help nobody at a terminal. */
const longestLine = 2000

// Names and ids may be any text. Without this an event could take two lines, turn the text around, or control the
// terminal.
const onOneLine = (text: string): string => {
  const shown = text.length > longestLine ? `${text.slice(0, longestLine)} ...` : text
  return shown.replace(
    /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  )
}

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
    case "batch":
    case "ai":
    case "events":
      // Accepted events are printed one by one.
      return code === 200 ? Effect.void : printLine(endpoint, `${code}`)
    case "other":
      return printLine("unknown", `${code} ${method} ${path}`)
    default:
      return printLine(endpoint, `${code}`)
  }
}

/**
 * A broken edit leaves the last good definitions in place. The program watches the folder rather than the file, because
 * many editors replace the file they save.
 */
const reloadOnChange = (file: string, server: typeof PostHogServer.PostHogServer.Service) =>
  Effect.flatMap(FileSystem.FileSystem, (files) =>
    files.watch(dirname(resolve(file))).pipe(
      Stream.mapError((error) =>
        new ProgramArguments.ProgramError({ message: `${file} cannot be watched: ${error.message}` })
      ),
      Stream.filter((event) => basename(event.path) === basename(file)),
      Stream.debounce("50 millis"),
      Stream.mapEffect(() =>
        ProgramFiles.readDefinitions(file).pipe(
          Effect.flatMap((document) =>
            Effect.andThen(server.setDefinitions(document), printLine("reloaded", countFlags(document)))
          ),
          Effect.catch((error) => printLine("kept", `the previous definitions: ${error.message}`))
        )
      ),
      Stream.runDrain
    ))

const readIfNamed = <A, E, R>(file: string | undefined, read: (file: string) => Effect.Effect<A, E, R>) =>
  file === undefined ? Effect.void : read(file)

const serve = ({ faults, file, groups, options, persons, quiet }: Arguments) =>
  Effect.gen(function*() {
    const definitions = yield* readIfNamed(file, ProgramFiles.readDefinitions)
    const server = yield* PostHogServer.make({
      ...options,
      definitions: definitions ?? undefined,
      persons: (yield* readIfNamed(persons, ProgramFiles.readPersons)) ?? undefined,
      groups: (yield* readIfNamed(groups, ProgramFiles.readGroups)) ?? undefined
    }).pipe(
      Effect.catchTag("ServeError", ({ cause }) =>
        new ProgramArguments.ProgramError({
          message: `Cannot listen: ${cause instanceof Error ? cause.message : String(cause)}`
        }))
    )
    yield* Effect.forEach(faults, ([endpoint, fault]) => server.always(endpoint, fault), { discard: true })
    if (!quiet) yield* Effect.forkScoped(Stream.runForEach(server.arrivals, printArrival), { uninterruptible: "inherit" })
    yield* Console.log(`Listening on ${server.url} with ${countFlags(definitions)}`)
    yield* Console.log(`Project key ${options.projectKey}, secret key ${options.secretKey}`)
    if (file === undefined) return yield* Effect.never
    return yield* Effect.andThen(reloadOnChange(file, server), Effect.never)
  })

/**
 * Runs until it is interrupted. Prints why when it cannot start.
 *
 * @internal
 */
export const main = (
  args: ReadonlyArray<string>
): Effect.Effect<void, ProgramArguments.ProgramError, FileSystem.FileSystem> =>
  ProgramArguments.parse(args).pipe(
    Effect.flatMap((parsed) => parsed === "help" ? Console.log(ProgramArguments.usage) : Effect.scoped(serve(parsed))),
    Effect.tapError(({ message }) =>
      Console.error(`effect-posthog-server: ${onOneLine(message)} (see effect-posthog-server --help)`)
    )
  )
