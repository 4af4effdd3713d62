import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"

const encoder = new TextEncoder()

const bytesOf = (algorithm: "SHA-1" | "SHA-256", text: string): Effect.Effect<Uint8Array> =>
  Effect.map(
    Effect.promise(() => crypto.subtle.digest(algorithm, encoder.encode(text))),
    (digest) => new Uint8Array(digest)
  )

/**
 * What Redis knows a script by.
 *
 * @internal
 */
export const sha1 = (text: string): Effect.Effect<string> =>
  Effect.map(bytesOf("SHA-1", text), (digest) => Encoding.encodeHex(digest))

/**
 * 64 bits of a text, as short as they can be written.
 *
 * @internal
 */
export const version = (text: string): Effect.Effect<string> =>
  Effect.map(bytesOf("SHA-256", text), (digest) => Encoding.encodeBase64Url(digest.slice(0, 8)))

/**
 * Stands for a project in keys, so that no key of Redis shows the project's.
 *
 * @internal
 */
export const projectDigest = (
  { apiKey, host }: { readonly apiKey: Redacted.Redacted<string>; readonly host: string }
): Effect.Effect<string> =>
  Effect.map(
    bytesOf("SHA-256", `${host}\n${Redacted.value(apiKey)}`),
    (digest) => Encoding.encodeHex(digest).slice(0, 16)
  )
