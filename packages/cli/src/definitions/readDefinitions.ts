import type { CompiledDefinitions, Problem } from "@effect-posthog/evaluator"
import { compile, isInvalidDocument } from "@effect-posthog/evaluator"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { stdin } from "node:process"
import { text } from "node:stream/consumers"
import type { CommandError } from "../terminal/output.ts"
import { unreachable, unusable } from "../terminal/output.ts"
import { printable, quoted } from "../terminal/printable.ts"
import { parseJson } from "./parseJson.ts"
import * as PostHogApi from "./posthogApi.ts"
import { defaultHost, posthogHost } from "./posthogHost.ts"
import { suggestions } from "./suggestions.ts"

/** Where definitions come from: a file, or PostHog. */
export interface DefinitionsLocation {
  /** `-` is standard input. */
  readonly definitions: Option.Option<string>
  readonly host: Option.Option<string>
  readonly secretKeyFile: Option.Option<string>
}

/** A definitions document and what compiling it gave. */
export interface Definitions {
  /** The file as it was given, or the name of the host. */
  readonly source: string
  /** Whether `source` is a file. */
  readonly isFile: boolean
  readonly document: unknown
  /** The text that was parsed, for positions in it. Absent for what was not read from a file. */
  readonly text: string | undefined
  readonly compiled: CompiledDefinitions
  readonly problems: ReadonlyArray<Problem>
}

const largestFile = 256 * 1024 * 1024

const readStandardInput = Effect.tryPromise({
  try: () => text(stdin),
  catch: () => unusable("standard input cannot be read")
})

const systemProblem = (file: string, error: PlatformError): CommandError => {
  const reason = error._tag === "SystemError" ? error.reason : undefined
  return unusable(
    `${printable(file)} ${
      reason === "NotFound"
        ? "does not exist"
        : reason === "PermissionDenied"
        ? "may not be read"
        : `cannot be read${reason === undefined ? "" : ` (${reason})`}`
    }`
  )
}

const readRegularFile = (file: string): Effect.Effect<string, CommandError, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const { size, type } = yield* files.stat(file)
    if (type === "Directory") return yield* unusable(`${printable(file)} is a folder`)
    // A device may never end.
    if (type === "CharacterDevice" || type === "BlockDevice") return yield* unusable(`${printable(file)} is a device`)
    if (size > largestFile) {
      return yield* unusable(`${printable(file)} is larger than ${largestFile / 1024 / 1024} MiB`)
    }
    return yield* files.readFileString(file)
  }).pipe(
    Effect.mapError((error) => (error._tag === "CommandError" ? error : systemProblem(file, error)))
  )

/** The text of a file, or of standard input for `-`. */
export const readText = (file: string): Effect.Effect<string, CommandError, FileSystem.FileSystem> =>
  Effect.map(file === "-" ? readStandardInput : readRegularFile(file), (content) => content.replace(/^\uFEFF/, ""))

const compiled = (
  parts: Pick<Definitions, "document" | "isFile" | "source" | "text">
): Effect.Effect<Definitions, CommandError> => {
  const compilation = compile(parts.document)
  if (!isInvalidDocument(compilation)) {
    return Effect.succeed({ ...parts, compiled: compilation.definitions, problems: compilation.problems })
  }
  const problem = compilation.problems.find(({ code }) => code === "InvalidDocument")
  const where = parts.isFile ? `${printable(parts.source)}:1:1` : parts.source
  return Effect.fail(
    unusable(`${where} is not a definitions document, an object with a list of flags: ${problem?.message ?? ""}`)
  )
}

/** Reads and compiles the definitions of a file. */
export const readFileDefinitions = (file: string): Effect.Effect<Definitions, CommandError, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const content = yield* readText(file)
    const source = file === "-" ? "standard input" : file
    const parsed = parseJson(content)
    if (Either.isLeft(parsed)) {
      const { column, line, problem } = parsed.left
      return yield* unusable(`${printable(source)}:${line}:${column} is not JSON: ${problem}`)
    }
    return yield* compiled({ source, isFile: true, document: parsed.right, text: content })
  })

const fromEnvironment = (name: string): Effect.Effect<Option.Option<string>, CommandError> =>
  Config.string(name).pipe(
    Config.option,
    Effect.mapBoth({
      onSuccess: (value) => Option.filter(Option.map(value, (text) => text.trim()), (text) => text !== ""),
      onFailure: () => unusable(`the environment variable ${name} cannot be read`)
    })
  )

/** The secret key: out of the file that an option names, else out of the environment. */
const readSecretKey = (
  file: Option.Option<string>
): Effect.Effect<Option.Option<string>, CommandError, FileSystem.FileSystem> =>
  Option.match(file, {
    onNone: () => fromEnvironment("POSTHOG_SECRET_KEY"),
    onSome: (path) =>
      Effect.flatMap(readText(path), (content) =>
        content.trim() === ""
          ? Effect.fail(unusable(`${printable(path)} holds no secret key`))
          : Effect.succeed(Option.some(content.trim())))
  })

const checkedSecret = (text: string): Effect.Effect<Redacted.Redacted<string>, CommandError> => {
  if (/^["'].*["']$/.test(text)) {
    return Effect.fail(unusable("the secret key has quotation marks around it: take them off"))
  }
  if (/[^\u0021-\u007e]/.test(text)) {
    return Effect.fail(unusable("the secret key has a character in it that no key has"))
  }
  if (text.startsWith("phc_")) {
    return Effect.fail(
      unusable("POSTHOG_SECRET_KEY is a project API key (phc_): a secret key (phs_ or phx_) is needed")
    )
  }
  return Effect.succeed(Redacted.make(text))
}

/** The project that definitions are pulled from. */
export const readProject = (
  location: Pick<DefinitionsLocation, "host" | "secretKeyFile">
): Effect.Effect<PostHogApi.Project, CommandError, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const secret = yield* readSecretKey(location.secretKeyFile)
    if (Option.isNone(secret)) {
      return yield* unusable("no secret key: set POSTHOG_SECRET_KEY, or name a file with --secret-key-file")
    }
    const host = Option.isSome(location.host) ? location.host : yield* fromEnvironment("POSTHOG_HOST")
    const checked = posthogHost(Option.getOrElse(host, () => defaultHost))
    if (Either.isLeft(checked)) return yield* unusable(`the host cannot be used: ${checked.left}`)
    return {
      host: checked.right,
      secretKey: yield* checkedSecret(secret.value),
      projectKey: yield* fromEnvironment("POSTHOG_API_KEY")
    }
  })

/** Pulls and compiles the definitions of a project. */
export const pullDefinitions = (
  project: PostHogApi.Project
): Effect.Effect<Definitions, CommandError, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const answer = yield* Effect.mapError(
      PostHogApi.getDefinitions(project),
      (error) => unreachable(PostHogApi.describeNoAnswer(project.host, error))
    )
    const refused = PostHogApi.describeStatus(project.host, answer)
    if (refused !== undefined) return yield* unreachable(refused)
    const document = PostHogApi.definitionsIn(project.host, answer)
    if (Either.isLeft(document)) return yield* unreachable(document.left)
    return yield* compiled({
      source: PostHogApi.hostName(project.host),
      isFile: false,
      document: document.right,
      text: undefined
    })
  })

/** Reads the definitions of a file when one is given, else pulls them. */
export const readDefinitions = (
  location: DefinitionsLocation
): Effect.Effect<Definitions, CommandError, FileSystem.FileSystem | HttpClient.HttpClient> =>
  Effect.gen(function*() {
    if (Option.isSome(location.definitions)) {
      if (Option.isSome(location.host)) {
        return yield* unusable("--definitions and --host exclude each other: definitions come from one of them")
      }
      return yield* readFileDefinitions(location.definitions.value)
    }
    if (Option.isNone(location.host) && Option.isNone(yield* readSecretKey(location.secretKeyFile))) {
      return yield* unusable("no definitions: give --definitions FILE, or --host with POSTHOG_SECRET_KEY set")
    }
    return yield* pullDefinitions(yield* readProject(location))
  })

/** The given keys, all of which have to be known; all keys when none is given. */
export const selectKeys = (
  { compiled }: Definitions,
  given: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<string>, CommandError> => {
  if (given.length === 0) return Effect.succeed(compiled.keys)
  const known = new Set(compiled.keys)
  const unknown = given.filter((key) => !known.has(key))
  if (unknown.length === 0) return Effect.succeed([...new Set(given)])
  return Effect.fail(unusable(unknown.map((key) => describeUnknown(key, compiled.keys)).join("; ")))
}

const describeUnknown = (key: string, known: ReadonlyArray<string>): string => {
  const near = suggestions(key, known)
  const hint = near.length === 0 ? "" : `: did you mean ${near.map(quoted).join(", ")}?`
  return `unknown flag ${quoted(key)}${hint}`
}
