// Generated from packages/effect-posthog/src/internal/http/readText.ts by packages/tools/editions.mjs: change that file, not this one.
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/**
 * The text of a body, as far as it was read.
 *
 * @internal
 */
export interface BodyText {
  readonly text: string
  /** The body is larger than the limit: reading stopped there. */
  readonly tooLarge: boolean
}

/** What came before the body broke, kept where the caller can still see it. */
interface Read {
  text: string
}

const counted = (
  response: HttpClientResponse.HttpClientResponse,
  maxBytes: number,
  read: Read
): Effect.Effect<BodyText, HttpClientError.HttpClientError> =>
  Effect.suspend(() => {
    const decoder = new TextDecoder()
    let bytes = 0
    return Stream.runForEachWhile(response.stream, (chunk) =>
      Effect.sync(() => {
        bytes += chunk.byteLength
        if (bytes > maxBytes) return false
        read.text += decoder.decode(chunk, { stream: true })
        return true
      })).pipe(
        Effect.map(() => {
          if (bytes <= maxBytes) read.text += decoder.decode()
          return { text: read.text, tooLarge: bytes > maxBytes }
        }),
        // Some platforms have no stream for a body that is not there.
        Effect.catchIf((error) => error.reason._tag === "EmptyBodyError", () => Effect.succeed({ text: "", tooLarge: false }))
      )
  })

/**
 * Whether a body is announced to be no larger. What is announced holds, unless it is the length of a compressed body.
 *
 * @internal
 */
export const isSmall = ({ headers }: HttpClientResponse.HttpClientResponse, maxBytes: number): boolean => {
  const length = headers["content-length"]
  return length !== undefined && headers["content-encoding"] === undefined && Number(length) <= maxBytes
}

/**
 * Reads the body of an answer as text, counting bytes as they arrive after decompression: a small answer may stand for a
 * very large body. Beyond the limit reading stops, and the connection is given up. `read` gets the text as it arrives.
 *
 * @internal
 */
export const readText = (
  response: HttpClientResponse.HttpClientResponse,
  maxBytes: number,
  read: Read = { text: "" }
): Effect.Effect<BodyText, HttpClientError.HttpClientError> =>
  isSmall(response, maxBytes)
    ? Effect.map(response.text, (text) => {
      read.text = text
      return { text, tooLarge: false }
    })
    : counted(response, maxBytes, read)
