import type { PlatformError } from "@effect/platform/Error"
import { SystemError } from "@effect/platform/Error"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { wake } from "../wake.ts"
import type { Files, OpenFile } from "./files.ts"

interface NodeFile {
  readonly fd: number
  readonly read: (
    into: Uint8Array,
    offset: number,
    length: number,
    position: number
  ) => Promise<{ readonly bytesRead: number }>
  readonly sync: () => Promise<void>
  readonly truncate: (length: number) => Promise<void>
  readonly close: () => Promise<void>
}

interface WriteOptions {
  readonly flag?: string | undefined
  readonly mode?: number | undefined
}

/** What is used of `node:fs`. */
interface NodeFileSystem {
  readonly promises: {
    readonly mkdir: (
      path: string,
      options: { readonly recursive?: boolean | undefined; readonly mode?: number | undefined }
    ) => Promise<unknown>
    readonly open: (path: string, flag?: string, mode?: number) => Promise<NodeFile>
    readonly readdir: (path: string) => Promise<Array<string>>
    readonly readFile: (path: string) => Promise<Uint8Array>
    readonly readlink: (path: string) => Promise<string>
    readonly rename: (from: string, to: string) => Promise<void>
    readonly rm: (path: string, options: { readonly force?: boolean | undefined }) => Promise<void>
    readonly stat: (path: string) => Promise<{ readonly mtime: Date; readonly size: number }>
    readonly utimes: (path: string, accessed: number | Date, modified: number | Date) => Promise<void>
    readonly writeFile: (path: string, data: Uint8Array, options: WriteOptions) => Promise<void>
  }
  readonly write: (
    fd: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number | null,
    done: (error: unknown, written: number) => void
  ) => void
}

// Not a literal in `import`, so that bundlers for runtimes without the module let it be.
const moduleName = "node:fs"

const reasons: Readonly<Record<string, "AlreadyExists" | "NotFound" | "PermissionDenied">> = {
  EACCES: "PermissionDenied",
  EEXIST: "AlreadyExists",
  ENOENT: "NotFound",
  EPERM: "PermissionDenied"
}

const failure = (method: string) => (error: unknown): PlatformError =>
  new SystemError({
    module: "FileSystem",
    method,
    reason: reasons[String((error as { readonly code?: unknown } | undefined)?.code)] ?? "Unknown",
    description: error instanceof Error ? error.message : String(error)
  })

const attempt = <A>(method: string, self: () => Promise<A>): Effect.Effect<A, PlatformError> =>
  Effect.tryPromise({ try: self, catch: failure(method) })

const makeFile = (fs: NodeFileSystem, file: NodeFile, isAppending: boolean): OpenFile => {
  let position = 0
  const writeAll: OpenFile["writeAll"] = (bytes) =>
    Effect.async((resume) => {
      fs.write(file.fd, bytes, 0, bytes.length, isAppending ? null : position, (error, written) => {
        if (error !== null && error !== undefined) return wake(() => resume(failure("writeAll")(error)))
        position += written
        const left = bytes.length - written
        wake(() =>
          resume(
            left === 0
              ? Effect.void
              : written === 0
              ? failure("writeAll")(new RangeError("nothing was written"))
              : writeAll(bytes.subarray(written))
          )
        )
      })
    })
  return {
    writeAll,
    sync: attempt("sync", () => file.sync()),
    truncate: (length) =>
      Effect.map(attempt("truncate", () => file.truncate(length)), () => {
        position = Math.min(position, length)
      }),
    seek: (offset) =>
      Effect.sync(() => {
        position = Number(offset)
      }),
    readAlloc: (size) =>
      Effect.suspend(() => {
        const bytes = new Uint8Array(size)
        return Effect.map(attempt("readAlloc", () => file.read(bytes, 0, bytes.length, position)), ({ bytesRead }) => {
          position += bytesRead
          return bytesRead === 0 ? Option.none() : Option.some(bytes.subarray(0, bytesRead))
        })
      })
  }
}

const decoder = new TextDecoder()

const makeFiles = (fs: NodeFileSystem): Files => {
  const { promises } = fs
  const readFile = (path: string) => attempt("readFile", () => promises.readFile(path))
  return {
    makeDirectory: (path, options = {}) => Effect.asVoid(attempt("makeDirectory", () => promises.mkdir(path, options))),
    open: (path, { flag, mode }) =>
      Effect.map(
        Effect.acquireRelease(
          attempt("open", () => promises.open(path, flag, mode)),
          (file) => Effect.ignore(attempt("close", () => file.close()))
        ),
        (file) => makeFile(fs, file, flag === "a")
      ),
    readDirectory: (path) => attempt("readDirectory", () => promises.readdir(path)),
    readFile,
    readFileString: (path) => Effect.map(readFile(path), (bytes) => decoder.decode(bytes)),
    readLink: (path) => attempt("readLink", () => promises.readlink(path)),
    remove: (path, options = {}) => attempt("remove", () => promises.rm(path, options)),
    rename: (from, to) => attempt("rename", () => promises.rename(from, to)),
    stat: (path) =>
      Effect.map(attempt("stat", () => promises.stat(path)), ({ mtime, size }) => ({
        mtime: Option.some(mtime),
        size: BigInt(size)
      })),
    utimes: (path, accessed, modified) => attempt("utimes", () => promises.utimes(path, accessed, modified)),
    writeFile: (path, data, options = {}) => attempt("writeFile", () => promises.writeFile(path, data, options))
  }
}

/**
 * The files of Node, Bun and Deno, for programs that bring no `FileSystem`. `None` where there are none.
 *
 * @internal
 */
export const nodeFiles: Effect.Effect<Option.Option<Files>> = Effect.tryPromise({
  try: () => import(/* @vite-ignore */ /* webpackIgnore: true */ moduleName) as Promise<NodeFileSystem>,
  catch: () => undefined
}).pipe(Effect.map(makeFiles), Effect.option)
