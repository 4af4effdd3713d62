import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"

const encoder = new TextEncoder()

/**
 * 64 bits of a text, as 16 characters.
 *
 * @internal
 */
export const digest = (text: string): Effect.Effect<string> =>
  Effect.map(
    Effect.promise(() => crypto.subtle.digest("SHA-256", encoder.encode(text))),
    (bytes) => Encoding.encodeHex(new Uint8Array(bytes)).slice(0, 16)
  )

/**
 * Stands for a project in the table, so that no row shows the project's key.
 *
 * @internal
 */
export const projectDigest = (
  { apiKey, host }: { readonly apiKey: Redacted.Redacted<string>; readonly host: string }
): Effect.Effect<string> => digest(`${host}\n${Redacted.value(apiKey)}`)

/**
 * Stands for a project whose address does not matter.
 *
 * @internal
 */
export const keyDigest = ({ apiKey }: { readonly apiKey: Redacted.Redacted<string> }): Effect.Effect<string> =>
  digest(Redacted.value(apiKey))
