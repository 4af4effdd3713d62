/**
 * Compression of request bodies.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import { defaultCompressor } from "./internal/codecs.ts"
import type { CompressionCodec } from "./Options.ts"

/**
 * A codec could not be had in this runtime (`Unavailable`), or did not do its work (`Failed`).
 *
 * @since 0.1.0
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
 * @since 0.1.0
 * @category models
 */
export type Compressor = (bytes: Uint8Array) => Effect.Effect<Uint8Array, CompressionError>

/**
 * What compression a runtime offers.
 *
 * @since 0.1.0
 * @category models
 */
export interface CompressionService {
  /** Looks a codec up, once for each transport. Fails with the reason `Unavailable` where there is none. */
  readonly compressor: (codec: Exclude<CompressionCodec, "none">) => Effect.Effect<Compressor, CompressionError>
}

/**
 * Compression of request bodies. It needs no layer: by default `gzip` and `deflate` come from `node:zlib` where there is
 * one and from `CompressionStream` elsewhere, `br` from `node:zlib` alone. Replace it with `Layer.succeed` to bring a
 * codec to another runtime.
 *
 * @since 0.1.0
 * @category services
 */
export class Compression extends Context.Reference<Compression>()("effect-posthog/Compression", {
  defaultValue: (): CompressionService => ({
    compressor: (codec) => defaultCompressor(codec, (reason, cause) => new CompressionError({ reason, codec, cause }))
  })
}) {}
