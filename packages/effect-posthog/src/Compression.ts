/**
 * Compression of request bodies.
 *
 * @since 3.0.0
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { CompressionCodec } from "./PostHogConfig.ts"

/**
 * The runtime does not have a codec (`Unavailable`), or the codec failed (`Failed`).
 *
 * @since 3.0.0
 * @category errors
 */
export class CompressionError extends Data.TaggedError("CompressionError")<{
  readonly reason: "Unavailable" | "Failed"
  readonly codec: CompressionCodec
  readonly cause?: unknown
}> {
  override get message(): string {
    return this.reason === "Unavailable"
      ? `${this.codec} is not available in this runtime`
      : `${this.codec} could not compress the body`
  }
}

/**
 * Compresses one body.
 *
 * @since 3.0.0
 * @category models
 */
export type Compressor = (bytes: Uint8Array) => Effect.Effect<Uint8Array, CompressionError>

/**
 * What compression a runtime offers.
 *
 * @since 3.0.0
 * @category models
 */
export interface CompressionService {
  /** Looks a codec up, once for each transport. Fails with the reason `Unavailable` where the runtime has none. */
  readonly compressor: (codec: Exclude<CompressionCodec, "none">) => Effect.Effect<Compressor, CompressionError>
}

/**
 * Compression of request bodies. It needs no layer: by default `gzip` and `deflate` come from `node:zlib` where there is
 * one and from `CompressionStream` elsewhere, `br` and `zstd` from `node:zlib` alone. Replace it with `Layer.succeed` to bring a
 * codec to another runtime.
 *
 * @since 3.0.0
 * @category services
 */
export class Compression extends Context.Reference<Compression>()("effect-posthog/Compression", {
  defaultValue: (): CompressionService => ({
    compressor: (codec) => defaultCompressor(codec, (reason, cause) => new CompressionError({ reason, codec, cause }))
  })
}) {}

type Codec = Exclude<CompressionCodec, "none">
type MakeError<E> = (reason: "Unavailable" | "Failed", cause?: unknown) => E
type Compress<E> = (bytes: Uint8Array) => Effect.Effect<Uint8Array, E>

type NodeSync = (bytes: Uint8Array, options: object) => Uint8Array
type NodeAsync = (
  bytes: Uint8Array,
  options: object,
  callback: (error: unknown, compressed: Uint8Array) => void
) => void

interface NodeZlib {
  readonly gzip: NodeAsync
  readonly gzipSync: NodeSync
  readonly deflate: NodeAsync
  readonly deflateSync: NodeSync
  readonly brotliCompress: NodeAsync
  readonly brotliCompressSync: NodeSync
  readonly zstdCompress?: NodeAsync
  readonly zstdCompressSync?: NodeSync
  readonly constants: { readonly BROTLI_PARAM_QUALITY: number; readonly BROTLI_PARAM_SIZE_HINT: number }
}

// Not a literal in `import`, so that bundlers for runtimes without the module let it be.
const zlibModule = "node:zlib"

const nodeZlib: Effect.Effect<Option.Option<NodeZlib>> = Effect.tryPromise({
  try: () => import(/* @vite-ignore */ /* webpackIgnore: true */ zlibModule) as Promise<NodeZlib>,
  catch: () => undefined
}).pipe(Effect.option)

// For JSON of events this is within a tenth of the size of the usual level 6, in half the time.
const zlibOptions = { level: 3 }

// The usual quality of 11 is meant for files that are compressed once and served for years.
const brotliQuality = 4

/** A small body is compressed sooner than it takes to hand it to another thread. */
const syncBytes = 128 * 1024

// What is allocated at a time for the result, and may be kept alive by an answer until the next full collection. The
// usual 16 KiB are mostly empty for a small body; where fresh pages are dear they cost a tenth of a delivery.
const syncChunk = 8 * 1024

type NodeCodec = readonly [compress: NodeAsync, compressSync: NodeSync, options: object]

const nodeCodec = (zlib: NodeZlib, codec: Codec): NodeCodec | undefined => {
  switch (codec) {
    case "gzip":
      return [zlib.gzip, zlib.gzipSync, zlibOptions]
    case "deflate":
      return [zlib.deflate, zlib.deflateSync, zlibOptions]
    case "br": {
      const options = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: brotliQuality } }
      return [zlib.brotliCompress, zlib.brotliCompressSync, options]
    }
    case "zstd":
      return zlib.zstdCompress === undefined || zlib.zstdCompressSync === undefined
        ? undefined
        : [zlib.zstdCompress, zlib.zstdCompressSync, {}]
  }
}

const fromNode = <E>([compress, compressSync, options]: NodeCodec, makeError: MakeError<E>): Compress<E> => {
  const syncOptions = { ...options, chunkSize: syncChunk }
  return (bytes) => {
    if (bytes.length > syncBytes) {
      return Effect.async((resume) =>
        compress(
          bytes,
          options,
          (error, compressed) =>
            resume(error === null ? Effect.succeed(compressed) : Effect.fail(makeError("Failed", error)))
        )
      )
    }
    try {
      return Effect.succeed(compressSync(bytes, syncOptions))
    } catch (cause) {
      return Effect.fail(makeError("Failed", cause))
    }
  }
}

const fromWeb = <E>(codec: "gzip" | "deflate", makeError: MakeError<E>): Compress<E> => (bytes) =>
  Effect.tryPromise({
    try: () =>
      new Response(
        new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new CompressionStream(codec))
      ).arrayBuffer(),
    catch: (cause) => makeError("Failed", cause)
  }).pipe(Effect.map((buffer) => new Uint8Array(buffer)))

/** @internal */
export const defaultCompressor = <E>(codec: Codec, makeError: MakeError<E>): Effect.Effect<Compress<E>, E> =>
  Effect.flatMap(nodeZlib, (zlib) => {
    if (Option.isSome(zlib)) {
      const found = nodeCodec(zlib.value, codec)
      return found === undefined ? Effect.fail(makeError("Unavailable")) : Effect.succeed(fromNode(found, makeError))
    }
    if (codec === "br" || codec === "zstd" || typeof globalThis.CompressionStream !== "function") {
      return Effect.fail(makeError("Unavailable"))
    }
    return Effect.succeed(fromWeb(codec, makeError))
  })
