import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Zlib from "node:zlib"
import type { Endpoint } from "../../Recording.ts"

/** @internal */
export type Body = Data.TaggedEnum<{
  readonly Empty: {}
  readonly Json: { readonly value: unknown }
  readonly Malformed: { readonly text: string | undefined; readonly problem: string }
  readonly UnknownEncoding: { readonly encoding: string }
}>

/** @internal */
export const Body = Data.taggedEnum<Body>()

/** @internal */
export interface IncomingRequest {
  readonly endpoint: Endpoint | "other"
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body: Body
  readonly bodyBytes: number
  readonly arrivedAt: number
}

// PostHog's ingestion refuses larger bodies; decompressed text may be longer, but not without bound.
const maxBodyBytes = 20 * 1024 * 1024
const maxDecodedBytes = 8 * maxBodyBytes

const decoders: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  gzip: (bytes) => Zlib.gunzipSync(bytes, { maxOutputLength: maxDecodedBytes }),
  deflate: (bytes) => Zlib.inflateSync(bytes, { maxOutputLength: maxDecodedBytes }),
  br: (bytes) => Zlib.brotliDecompressSync(bytes, { maxOutputLength: maxDecodedBytes })
}

const decode = (bytes: Uint8Array, encoding: string): Effect.Effect<Body> => {
  if (bytes.length === 0) return Effect.succeed(Body.Empty())
  const decoder = encoding === "" || encoding === "identity" ? (bytes: Uint8Array) => bytes : decoders[encoding]
  if (decoder === undefined) return Effect.succeed(Body.UnknownEncoding({ encoding }))
  return Effect.try(() => new TextDecoder().decode(decoder(bytes))).pipe(
    Effect.matchEffect({
      onFailure: () => Effect.succeed(Body.Malformed({ text: undefined, problem: `The body is no valid ${encoding}` })),
      onSuccess: (text) =>
        Effect.try((): unknown => JSON.parse(text)).pipe(
          Effect.match({
            onFailure: () => Body.Malformed({ text, problem: "The body is no valid JSON" }),
            onSuccess: (value) => Body.Json({ value })
          })
        )
    })
  )
}

const headersOf = (source: NodeJS.Dict<string | Array<string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(source).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]]
    )
  )

/**
 * Reads the request to its last byte. Fails when the client goes away before that, or sends more than PostHog takes.
 *
 * @internal
 */
export const read = Effect.fnUntraced(function*(
  request: HttpServerRequest.HttpServerRequest,
  route: (method: string, path: string) => Endpoint | "other"
) {
  const source = NodeHttpServerRequest.toIncomingMessage(request)
  const url = new URL(request.originalUrl, "http://loopback")
  const bytes = new Uint8Array(
    yield* request.arrayBuffer.pipe(HttpIncomingMessage.withMaxBodySize(Option.some(maxBodyBytes)))
  )
  const headers = headersOf(source.headers)
  return {
    endpoint: route(request.method, url.pathname),
    method: request.method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers,
    body: yield* decode(bytes, encodingOf(headers, url.searchParams)),
    bodyBytes: bytes.length,
    arrivedAt: yield* Clock.currentTimeMillis
  } satisfies IncomingRequest
})

// Older clients name the compression in the query instead of the header.
const encodingOf = (headers: Readonly<Record<string, string>>, query: URLSearchParams): string => {
  const named = headers["content-encoding"] ?? query.get("compression") ?? ""
  return named === "gzip-js" ? "gzip" : named.trim().toLowerCase()
}

/** @internal */
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
