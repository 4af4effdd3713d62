import type { CachedDefinitions } from "effect-posthog"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"

const joined = (chunks: ReadonlyArray<Uint8Array>, bytes: number): Uint8Array => {
  const all = new Uint8Array(bytes)
  let offset = 0
  for (const chunk of chunks) {
    all.set(chunk, offset)
    offset += chunk.byteLength
  }
  return all
}

// Stops as soon as there is more than `maxBytes`: a small body may stand for a very large document.
const through = (bytes: Uint8Array, transform: TransformStream, maxBytes: number): Promise<Uint8Array> => {
  const reader: ReadableStreamDefaultReader<Uint8Array> = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(transform)
    .getReader()
  const chunks: Array<Uint8Array> = []
  let total = 0
  const rest = (): Promise<Uint8Array> =>
    reader.read().then(({ done, value }) => {
      if (done) return joined(chunks, total)
      total += value.byteLength
      if (total > maxBytes) return reader.cancel().then(() => Promise.reject(new Error("too large")))
      chunks.push(value)
      return rest()
    })
  return rest()
}

/**
 * Definitions as they are stored: JSON, compressed with gzip, in base64.
 *
 * @internal
 */
export const encode = (text: string): Effect.Effect<string, unknown> =>
  Effect.map(
    Effect.tryPromise(() =>
      through(new TextEncoder().encode(text), new CompressionStream("gzip"), Number.POSITIVE_INFINITY)
    ),
    (bytes) => Encoding.encodeBase64(bytes)
  )

/** @internal */
export const decode = (body: string, maxBytes: number): Effect.Effect<unknown, unknown> =>
  Effect.suspend(() => Encoding.decodeBase64(body)).pipe(
    Effect.flatMap((bytes) => Effect.tryPromise(() => through(bytes, new DecompressionStream("gzip"), maxBytes))),
    Effect.flatMap((bytes) => Effect.try((): unknown => JSON.parse(new TextDecoder().decode(bytes))))
  )

/** @internal */
export const textOf = (definitions: CachedDefinitions): string => JSON.stringify(definitions)
