// Generated from packages/effect-posthog/src/internal/definitions/sources/file.ts by packages/tools/editions.mjs: change that file, not this one.
import type * as PlatformError from "effect/PlatformError"
import type * as FileSystem from "effect/FileSystem"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { DefinitionsError } from "../../../Definitions.ts"
import type { DefinitionsSource } from "../../../DefinitionsSource.ts"
import type { Settings } from "../../../PostHogConfig.ts"
import { runInSlices } from "../../eventLoop.ts"
import { annotated } from "../../library.ts"
import { oneLine } from "../../quote.ts"
import { describe } from "../jsonProblem.ts"
import { parseDocument } from "../parseDocument.ts"

/** An editor saves in several steps. */
const settleTime = Duration.millis(100)

/** A folder that cannot be watched now may be there later. */
const watchAgain = Duration.seconds(5)

const fromHere = annotated("DefinitionsSource")

const baseName = (path: string): string => path.replace(/^.*[/\\]/s, "")

const folderOf = (path: string): string => path.slice(0, path.length - baseName(path).length) || "."

// A file at a path: which one, and in which state, as far as the system tells.
const versionOf = ({ ino, mtime, size }: FileSystem.File.Info): string =>
  [Option.getOrElse(ino, () => 0), Option.match(mtime, { onNone: () => 0, onSome: Number }), size].join()

/**
 * Loads definitions from a file. It is read with every load: times of change are too coarse to rely on, and a file is
 * cheap to read. Its folder is watched, rather than the file, because many editors replace the file they save.
 *
 * @internal
 */
export const fileDefinitions = (
  fileSystem: FileSystem.FileSystem,
  path: string,
  { maxDocumentBytes: maxBytes, requestTimeout }: Settings["definitions"]
): DefinitionsSource["Service"] => {
  let revision = 0
  // The text that was handed out last, and the ETag it was given.
  let current: { readonly text: string; readonly etag: string } | undefined
  // What the last load found at the path. Absent: nothing.
  let version: string | undefined

  const unreadable = (error: PlatformError.PlatformError) =>
    new DefinitionsError({
      reason: "UnknownError",
      problem: `${path}: ${error.reason._tag}`
    })

  const read = Effect.fnUntraced(function*(etag: string | undefined) {
    version = undefined
    const info = yield* Effect.mapError(fileSystem.stat(path), unreadable)
    version = versionOf(info)
    if (info.size > maxBytes) {
      return yield* new DefinitionsError({
        reason: "TooLarge",
        problem: `${oneLine(path)} is larger than ${maxBytes} bytes`
      })
    }
    const text = yield* Effect.mapError(fileSystem.readFileString(path), unreadable)
    if (current !== undefined && current.etag === etag && current.text === text) {
      return { _tag: "NotModified" } as const
    }
    const document = yield* runInSlices(() => parseDocument([text]))
    if (Result.isFailure(document)) {
      return yield* new DefinitionsError({
        reason: "InvalidDocument",
        problem: `${oneLine(path)}, ${describe(document.failure)}`
      })
    }
    revision++
    // An ETag may outlive the process, in a stored copy.
    current = { text, etag: `file-${yield* Clock.currentTimeMillis}-${revision}` }
    return { _tag: "Loaded", document: document.success, etag: current.etag } as const
  })

  const load: (DefinitionsSource["Service"])["load"] = (etag) =>
    Effect.timeoutOrElse(read(etag), {
      duration: requestTimeout,
      orElse: () => Effect.fail(new DefinitionsError({ reason: "Timeout", problem: `${oneLine(path)} could not be read in time` })) })

  const isOther = Effect.map(
    Effect.option(fileSystem.stat(path)),
    (info) => Option.getOrUndefined(Option.map(info, versionOf)) !== version
  )

  // What happened before the watch began is not told. The path may also lead to another file by a change of a link
  // that has another name.
  const changed = Stream.suspend(() => fileSystem.watch(folderOf(path))).pipe(
    Stream.map((event) => baseName(event.path) === baseName(path)),
    Stream.merge(Stream.as(Stream.fromEffect(Effect.sleep(settleTime)), false)),
    Stream.filterEffect((isNamed) => isNamed ? Effect.succeed(true) : isOther),
    Stream.buffer({ capacity: 1, strategy: "sliding" }),
    Stream.mapEffect(() => Effect.sleep(settleTime)),
    Stream.catchCause((cause) =>
      Stream.fromEffectDrain(
        fromHere(Effect.logDebug(`${oneLine(path)} cannot be watched, it is only read with every poll`, cause))
      )
    ),
    Stream.repeat(Schedule.spaced(watchAgain))
  )
  return { name: "file", load, changed }
}
