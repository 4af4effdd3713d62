import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { DefinitionsError } from "../../Definitions.ts"
import { hintOfCode, hintOfStatus, notPostHog } from "../http/hints.ts"
import { annotated } from "../library.ts"
import { oneLine, quote } from "../quote.ts"
import type { Installed } from "./compile.ts"
import { isAnotherDocument } from "./refusal.ts"

/** Flags that one warning names. */
const namedFlags = 20

/** Reasons that it names of each. */
const namedReasons = 20

const fromHere = annotated("LocalEvaluator")

const hintFor = (error: DefinitionsError, origin: string | undefined): string | undefined => {
  const { httpStatus, problem, reason } = error
  switch (reason) {
    case "Unauthorized":
      return "is secretKey a key of the project that apiKey names, in that region?"
    case "Forbidden":
      return "has secretKey the scope feature_flag:read in that project, and may this machine reach PostHog?"
    case "QuotaLimited":
      return "no definitions are used until the quota allows"
    case "ApiError":
      return hintOfStatus(httpStatus)
    case "ConnectionError":
      return hintOfCode(problem)
    case "InvalidDocument":
      return httpStatus !== undefined || (origin !== undefined && isAnotherDocument(error)) ? notPostHog : undefined
    default:
      return undefined
  }
}

const described = (error: DefinitionsError, origin: string | undefined): string => {
  const from = origin === undefined ? "" : `, from ${origin}`
  const hint = hintFor(error, origin)
  return oneLine(`${error.message}${from}${hint === undefined ? "" : `; ${hint}`}`)
}

/**
 * Reports a failed load. The same failure again, poll after poll, is only worth a debug message. `origin`: the host that
 * was asked, if one was.
 *
 * @internal
 */
export const failed = (error: DefinitionsError, repeated: boolean, origin: string | undefined): Effect.Effect<void> => {
  const log = repeated
    ? Effect.logDebug
    : error.reason === "Unauthorized" || error.reason === "Forbidden"
    ? Effect.logError
    : Effect.logWarning
  return fromHere(log(described(error, origin)))
}

const counted = (flags: number, etag: string | undefined): string =>
  `${flags} ${flags === 1 ? "flag" : "flags"}${etag === undefined ? "" : ` (etag ${oneLine(etag)})`}`

/** @internal */
export const loaded = (flags: number, etag: string | undefined): Effect.Effect<void> =>
  fromHere(Effect.logDebug(`loaded ${counted(flags, etag)}`))

/** @internal */
export const unchanged = (flags: number, etag: string | undefined): Effect.Effect<void> =>
  fromHere(Effect.logDebug(`not modified: ${counted(flags, etag)}`))

/** @internal */
export const recovered = (failures: number): Effect.Effect<void> =>
  fromHere(
    Effect.logInfo(`Flag definitions are loaded again, after ${failures} failed ${failures === 1 ? "load" : "loads"}`)
  )

/**
 * Reports that loads have failed for long. `error`: how the last one failed, if one has ended.
 *
 * @internal
 */
export const notRefreshed = (
  since: Duration.Duration,
  loaded: boolean,
  error: DefinitionsError | undefined,
  origin: string | undefined
): Effect.Effect<void> => {
  const time = Duration.format(Duration.millis(Math.floor(Duration.toMillis(since) / 1000) * 1000))
  return fromHere(Effect.logWarning(
    `Flag definitions have not been ${loaded ? "refreshed" : "loaded"} for ${time}, more than ten poll intervals; ` +
      (loaded ? "flags are evaluated with old ones" : "no flag is evaluated locally") +
      (error === undefined ? "" : `. ${described(error, origin)}`)
  ))
}

const listed = (lines: ReadonlyArray<string>, total: number): string =>
  total > lines.length ? [...lines, `and ${total - lines.length} more`].join("\n  ") : lines.join("\n  ")

const take = <A>(values: Iterable<A>): ReadonlyArray<A> => {
  const taken: Array<A> = []
  for (const value of values) {
    if (taken.length === namedFlags) break
    taken.push(value)
  }
  return taken
}

const areSame = (reasons: Installed["neverLocal"], before: Installed["neverLocal"] | undefined): boolean => {
  if (before?.size !== reasons.size) return false
  for (const [key, all] of reasons) if (before.get(key)?.join() !== all.join()) return false
  return true
}

const areKnown = (problems: Installed["problems"], before: Installed["problems"] | undefined): boolean => {
  const known = new Set(before?.map(({ message, path }) => `${path}: ${message}`))
  return problems.every(({ message, path }) => known.has(`${path}: ${message}`))
}

/**
 * Warns about what is peculiar to newly installed definitions: flags that could not be read, and flags that only the
 * server can decide. What was true of those before is not said again.
 *
 * @internal
 */
export const installed = (
  { definitions, neverLocal, problems }: Installed,
  previous: Installed | undefined
): Effect.Effect<void> => {
  const unreadable = areKnown(problems, previous?.problems)
    ? Effect.void
    : fromHere(Effect.logWarning(
      `Flag definitions: ${problems.length} could not be read, and the server decides them:\n  ${
        listed(take(problems).map(({ message, path }) => oneLine(`${path}: ${message}`)), problems.length)
      }`
    ))
  const left = neverLocal.size === 0 || areSame(neverLocal, previous?.neverLocal)
    ? Effect.void
    : fromHere(Effect.logWarning(
      `Flag definitions: ${neverLocal.size} of ${definitions.size} flags cannot always be decided locally:\n  ${
        listed(
          take(neverLocal).map(([key, reasons]) =>
            `${quote(key)}: ${oneLine(reasons.slice(0, namedReasons).join(", "))}`
          ),
          neverLocal.size
        )
      }`
    ))
  return Effect.zipRight(unreadable, left)
}
