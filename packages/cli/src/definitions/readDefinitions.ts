import type { CompiledDefinitions, Problem } from "@effect-posthog/evaluator"
import { compile, isInvalidDocument } from "@effect-posthog/evaluator"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { readFile, stat } from "node:fs/promises"
import { stdin } from "node:process"
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

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  EISDIR: "is a folder",
  EACCES: "may not be read",
  ENOTDIR: "does not exist"
}

const codeOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" ? error.code : ""

const readStandardInput = Effect.tryPromise({
  try: async () => {
    const chunks: Array<Buffer> = []
    for await (const chunk of stdin) chunks.push(Buffer.from(chunk))
    return Buffer.concat(chunks).toString("utf8")
  },
  catch: () => unusable("standard input cannot be read")
})

const readRegularFile = (file: string) =>
  Effect.tryPromise({
    try: async () => {
      const found = await stat(file)
      // Devices never end, and a pipe may never begin.
      if (found.isDirectory()) throw Object.assign(new Error(), { code: "EISDIR" })
      if (found.isCharacterDevice() || found.isBlockDevice()) throw Object.assign(new Error(), { code: "DEVICE" })
      if (found.size > largestFile) throw Object.assign(new Error(), { code: "SIZE" })
      return await readFile(file, "utf8")
    },
    catch: (error) => {
      const code = codeOf(error)
      const reason = code === "DEVICE"
        ? "is a device"
        : code === "SIZE"
        ? `is larger than ${largestFile / 1024 / 1024} MiB`
        : reasons[code] ?? `cannot be read${code === "" ? "" : ` (${code})`}`
      return unusable(`${printable(file)} ${reason}`)
    }
  })

/** The text of a file, or of standard input for `-`. */
export const readText = (file: string): Effect.Effect<string, CommandError> =>
  Effect.map(file === "-" ? readStandardInput : readRegularFile(file), (text) => text.replace(/^\uFEFF/, ""))

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
export const readFileDefinitions = (file: string): Effect.Effect<Definitions, CommandError> =>
  Effect.gen(function*() {
    const text = yield* readText(file)
    const source = file === "-" ? "standard input" : file
    const parsed = parseJson(text)
    if (Either.isLeft(parsed)) {
      const { column, line, problem } = parsed.left
      return yield* unusable(`${printable(source)}:${line}:${column} is not JSON: ${problem}`)
    }
    return yield* compiled({ source, isFile: true, document: parsed.right, text })
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
const readSecretKey = (file: Option.Option<string>): Effect.Effect<Option.Option<string>, CommandError> =>
  Option.match(file, {
    onNone: () => fromEnvironment("POSTHOG_SECRET_KEY"),
    onSome: (path) =>
      Effect.flatMap(readText(path), (text) =>
        text.trim() === ""
          ? Effect.fail(unusable(`${printable(path)} holds no secret key`))
          : Effect.succeed(Option.some(text.trim())))
  })

const checkedSecret = (text: string): Effect.Effect<Redacted.Redacted<string>, CommandError> => {
  if (/^["'].*["']$/.test(text)) return Effect.fail(unusable("the secret key has quotation marks around it: take them off"))
  if (/[^\u0021-\u007e]/.test(text)) return Effect.fail(unusable("the secret key has a character in it that no key has"))
  if (text.startsWith("phc_")) {
    return Effect.fail(unusable("POSTHOG_SECRET_KEY is a project API key (phc_): a secret key (phs_ or phx_) is needed"))
  }
  return Effect.succeed(Redacted.make(text))
}

/** The project that definitions are pulled from. */
export const readProject = (
  location: Pick<DefinitionsLocation, "host" | "secretKeyFile">
): Effect.Effect<PostHogApi.Project, CommandError> =>
  Effect.gen(function*() {
    const secret = yield* readSecretKey(location.secretKeyFile)
    if (Option.isNone(secret)) {
      return yield* unusable("no secret key: set POSTHOG_SECRET_KEY, or name a file with --secret-key-file")
    }
    const written = Option.orElse(location.host, () => Option.none<string>())
    const host = Option.isSome(written) ? written : yield* fromEnvironment("POSTHOG_HOST")
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
): Effect.Effect<Definitions, CommandError, HttpClient.HttpClient> =>
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


