import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Zlib from "node:zlib"

/**
 * What was in a request's body.
 *
 * @internal
 */
export type Body = Data.TaggedEnum<{
  readonly Empty: {}
  readonly Json: { readonly value: unknown; readonly text: string }
  readonly Malformed: { readonly text: string | undefined; readonly problem: string }
  readonly UnknownEncoding: { readonly encoding: string }
  /** Larger than the server takes, before or after decompression. */
  readonly TooLarge: {}
}>

/** @internal */
export const Body = Data.taggedEnum<Body>()

type Decoder = (
  bytes: Uint8Array,
  options: { readonly maxOutputLength: number },
  done: (error: Error | null, decompressed: Uint8Array) => void
) => void

// Node has zstd from 22.15 on.
const { zstdDecompress } = Zlib as { readonly zstdDecompress?: Decoder }

const decoders: Readonly<Record<string, Decoder>> = {
  gzip: Zlib.gunzip,
  deflate: Zlib.inflate,
  br: Zlib.brotliDecompress,
  ...(zstdDecompress === undefined ? {} : { zstd: zstdDecompress })
}

/** Text that is not JSON is only there to be looked at, so the start of it is enough. */
const longestMalformedText = 65_536

const isTooLong = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE"

const parse = (text: string): Body => {
  try {
    return Body.Json({ value: JSON.parse(text), text })
  } catch {
    return Body.Malformed({ text: text.slice(0, longestMalformedText), problem: "The body is not valid JSON" })
  }
}

/**
 * Decompresses and parses a body. A few bytes may stand for many megabytes: they are decompressed beside the event loop.
 *
 * @internal
 */
export const decode = (bytes: Uint8Array, encoding: string, maxBytes: number): Effect.Effect<Body> => {
  if (bytes.length === 0) return Effect.succeed(Body.Empty())
  if (encoding === "" || encoding === "identity") return Effect.sync(() => parse(new TextDecoder().decode(bytes)))
  const decoder = Object.hasOwn(decoders, encoding) ? decoders[encoding] : undefined
  if (decoder === undefined) return Effect.succeed(Body.UnknownEncoding({ encoding }))
  return Effect.async((resume) => {
    decoder(bytes, { maxOutputLength: maxBytes }, (error, decompressed) => {
      resume(Effect.sync(() => {
        if (error === null) return parse(new TextDecoder().decode(decompressed))
        return isTooLong(error)
          ? Body.TooLarge()
          : Body.Malformed({ text: undefined, problem: `The body is not valid ${encoding}` })
      }))
    })
  })
}

/**
 * The body as it is recorded.
 *
 * @internal
 */
export const bodyForRecord = (body: Body): unknown => {
  switch (body._tag) {
    case "Json":
      return body.value
    case "Malformed":
      return body.text
    default:
      return undefined
  }
}

/**
 * How many bytes of memory to count for a recorded body: at least its text.
 *
 * @internal
 */
export const recordedBytes = (body: Body): number => {
  switch (body._tag) {
    case "Json":
      return body.text.length
    case "Malformed":
      return body.text?.length ?? 0
    default:
      return 0
  }
}

const unsafeSeparators = /[\u2028\u2029]/
const bigInteger = 2n ** 63n

/**
 * Why PostHog's flags service cannot read a JSON text, or `undefined` when it can. It reads bodies with a parser of
 * JSON5, which takes neither these line separators inside strings nor integers of 64 bits and more.
 *
 * @internal
 */
export const problemForJson5 = (text: string): string | undefined => {
  if (unsafeSeparators.test(text)) return "The body has an unescaped U+2028 or U+2029"
  // Strings first, so that digits inside them are passed over.
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g)) {
    if (token.length < 19 || token.startsWith("\"") || /[.eE]/.test(token)) continue
    const value = BigInt(token)
    if (value >= bigInteger || value < -bigInteger) return "The body has an integer that does not fit into 64 bits"
  }
  return undefined
}
