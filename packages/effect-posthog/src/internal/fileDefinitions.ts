import type * as PlatformError from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { DefinitionsError } from "../DefinitionsError.ts"
import type { LoadDefinitions } from "../DefinitionsLoad.ts"
import { parseDocument } from "./definitionsDocument.ts"
import { runSteps } from "./eventLoop.ts"
import { describe } from "./jsonProblem.ts"

/**
 * Loads definitions from a file. It is read with every load: times of change are too coarse to rely on, and a file is
 * cheap to read.
 *
 * @internal
 */
export const fileDefinitions = (
  fileSystem: FileSystem.FileSystem,
  path: string,
  maxBytes: number
): LoadDefinitions => {
  let revision = 0
  // The text that was handed out last, and the ETag it was given.
  let current: { readonly text: string; readonly etag: string } | undefined

  const unreadable = (error: PlatformError.PlatformError) =>
    new DefinitionsError({
      reason: "UnknownError",
      problem: `${path}: ${error._tag === "SystemError" ? error.reason : error.message}`
    })

  const load = Effect.fnUntraced(function*(etag: string | undefined) {
    const { size } = yield* Effect.mapError(fileSystem.stat(path), unreadable)
    if (size > maxBytes) {
      return yield* new DefinitionsError({ reason: "TooLarge", problem: `${path} is larger than ${maxBytes} bytes` })
    }
    const text = yield* Effect.mapError(fileSystem.readFileString(path), unreadable)
    if (current !== undefined && current.etag === etag && current.text === text) {
      return { _tag: "NotModified" } as const
    }
    const document = yield* runSteps(() => parseDocument(text))
    if (Either.isLeft(document)) {
      return yield* new DefinitionsError({
        reason: "InvalidDocument",
        problem: `${path}, ${describe(document.left)}`
      })
    }
    revision++
    current = { text, etag: `file-${revision}` }
    return { _tag: "Loaded", document: document.right, etag: current.etag } as const
  })
  return { name: "file", load }
}
