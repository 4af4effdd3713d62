// Generated from packages/effect-posthog/src/internal/spool/files.ts by packages/tools/editions.mjs: change that file, not this one.
import type { PlatformError } from "effect/PlatformError"
import type * as FileSystem from "effect/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"

/**
 * A file that is open.
 *
 * @internal
 */
export interface OpenFile extends Pick<FileSystem.File, "sync" | "writeAll"> {
  readonly readAlloc: (size: number) => Effect.Effect<Option.Option<Uint8Array>, PlatformError>
  readonly seek: (offset: bigint, from: "start") => Effect.Effect<unknown, PlatformError>
  readonly truncate: (length: number) => Effect.Effect<void, PlatformError>
}

/**
 * What a spool needs of a file system.
 *
 * @internal
 */
export interface Files extends
  Pick<
    FileSystem.FileSystem,
    | "makeDirectory"
    | "readDirectory"
    | "readFile"
    | "readFileString"
    | "readLink"
    | "remove"
    | "rename"
    | "utimes"
    | "writeFile"
  >
{
  readonly open: (
    path: string,
    options: { readonly flag: "r" | "wx" | "a"; readonly mode?: number }
  ) => Effect.Effect<OpenFile, PlatformError, Scope.Scope>
  readonly stat: (
    path: string
  ) => Effect.Effect<{ readonly mtime: Option.Option<Date>; readonly size: bigint }, PlatformError>
}
