/** The options that commands share: one name and one meaning everywhere. */
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import type { CommandError } from "../terminal/output.ts"
import { unusable } from "../terminal/output.ts"
import { printable } from "../terminal/printable.ts"

export const definitions = Options.text("definitions").pipe(
  Options.withPseudoName("FILE"),
  Options.withDescription("The file with the flag definitions; - is standard input."),
  Options.optional
)

export const host = Options.text("host").pipe(
  Options.withPseudoName("URL"),
  Options.withDescription(
    "The PostHog host to pull the definitions from, with the secret key in POSTHOG_SECRET_KEY. Default: POSTHOG_HOST, else https://us.i.posthog.com."
  ),
  Options.optional
)

export const secretKeyFile = Options.text("secret-key-file").pipe(
  Options.withPseudoName("FILE"),
  Options.withDescription("A file that holds the secret key, in place of POSTHOG_SECRET_KEY."),
  Options.optional
)

/** Where definitions come from. */
export const location = { definitions, host, secretKeyFile }

export const flag = Options.text("flag").pipe(
  Options.withPseudoName("KEY"),
  Options.withDescription("The key of a flag; may be repeated. Default: every flag."),
  Options.repeated
)

export const distinctId = Options.text("distinct-id").pipe(
  Options.withPseudoName("ID"),
  Options.withDescription("The distinct id of the person.")
)

/** What is known about a person beside the distinct id. */
export const person = {
  deviceId: Options.text("device-id").pipe(
    Options.withPseudoName("ID"),
    Options.withDescription("The device id, for flags that are rolled out by device."),
    Options.optional
  ),
  personProperties: Options.text("person-properties").pipe(
    Options.withPseudoName("JSON"),
    Options.withDescription("The properties of the person, a JSON object."),
    Options.optional
  ),
  groups: Options.text("groups").pipe(
    Options.withPseudoName("JSON"),
    Options.withDescription("Group types and group keys, a JSON object such as {\"company\":\"acme\"}."),
    Options.optional
  ),
  groupProperties: Options.text("group-properties").pipe(
    Options.withPseudoName("JSON"),
    Options.withDescription("The properties of the groups by group type, a JSON object of objects."),
    Options.optional
  )
}

export const out = Options.text("out").pipe(
  Options.withPseudoName("FILE"),
  Options.withDescription("Write the result to a file. Default: standard output."),
  Options.optional
)

export const format = Options.choice("format", ["text", "json"]).pipe(
  Options.withDescription("text for people, json for programs."),
  Options.withDefault("text")
)

export const port = (name: string, preset: number, description: string) =>
  Options.integer(name).pipe(
    Options.withPseudoName("NUMBER"),
    Options.withDescription(`${description} Default: ${preset}; 0 is any free port.`),
    Options.withDefault(preset)
  )

/** Writes a file as a whole: a reader sees the old content or the new one, and a failure leaves the old one. */
export const writeFile = (
  file: string,
  content: string
): Effect.Effect<void, CommandError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* files.makeDirectory(path.dirname(path.resolve(file)), { recursive: true })
    const temporary = `${file}.${yield* uniqueSuffix}.tmp`
    yield* files.writeFileString(temporary, content).pipe(
      Effect.zipRight(files.rename(temporary, file)),
      Effect.tapError(() => Effect.ignore(files.remove(temporary, { force: true })))
    )
  }).pipe(
    Effect.mapError((error) =>
      unusable(`${printable(file)} cannot be written${error._tag === "SystemError" ? ` (${error.reason})` : ""}`)
    )
  )

const uniqueSuffix = Effect.map(Effect.clock, (clock) => clock.unsafeCurrentTimeNanos().toString(36))
