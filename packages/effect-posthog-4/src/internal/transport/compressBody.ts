// Generated from packages/effect-posthog/src/internal/transport/compressBody.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { CompressionService, Compressor as Compress } from "../../Compression.ts"
import type { CompressionCodec } from "../../PostHogConfig.ts"
import { PostHogConfigError } from "../../PostHogConfigError.ts"
import { annotated } from "../library.ts"

/** @internal */
export interface CompressedBody {
  readonly bytes: Uint8Array
  /** For `Content-Encoding`. */
  readonly encoding: string | undefined
}

/** @internal */
export interface Compressor {
  readonly compress: (bytes: Uint8Array) => Effect.Effect<CompressedBody>
}

const warn = (problem: string) =>
  annotated("EventTransport")(Effect.logWarning(`${problem}; events are sent uncompressed`))

const uncompressed: Compressor = { compress: (bytes) => Effect.succeed({ bytes, encoding: undefined }) }

const isDone = (compressed: ReturnType<Compress>): compressed is Exit.Success<Uint8Array, never> =>
  Exit.isExit(compressed) && Exit.isSuccess(compressed)

const attempted = (compress: Compress, bytes: Uint8Array): ReturnType<Compress> => {
  try {
    return compress(bytes)
  } catch (error) {
    return Effect.die(error)
  }
}

// Delivery matters more than size: a body that cannot be compressed is sent as it is.
const falling = (codec: CompressionCodec, compress: Compress): Compressor => ({
  compress: (bytes) => {
    const compressed = attempted(compress, bytes)
    if (isDone(compressed)) return Effect.succeed({ bytes: compressed.value, encoding: codec })
    return Effect.matchCauseEffect(compressed, {
      onSuccess: (bytes) => Effect.succeed<CompressedBody>({ bytes, encoding: codec }),
      onFailure: (cause) => {
        if (Cause.hasInterrupts(cause)) return Effect.interrupt
        const failure = Cause.findErrorOption(cause)
        const problem = Option.isSome(failure) ? failure.value.message : `${codec} failed unexpectedly`
        return Effect.as(warn(problem), { bytes, encoding: undefined })
      }
    })
  }
})

/**
 * The compressor of a transport. `gzip` is the default, so a runtime without it sends uncompressed bodies; a codec that
 * was asked for by name and is not there is an error of the configuration.
 *
 * @internal
 */
export const makeCompressor = (
  codec: CompressionCodec,
  compression: CompressionService
): Effect.Effect<Compressor, PostHogConfigError> => {
  if (codec === "none") return Effect.succeed(uncompressed)
  return compression.compressor(codec).pipe(
    Effect.map((compress) => falling(codec, compress)),
    Effect.catch((error) =>
      codec === "gzip"
        ? Effect.as(warn(error.message), uncompressed)
        : Effect.fail(new PostHogConfigError({ option: "events.compression", problem: error.message }))
    )
  )
}
