// Generated from packages/testkit/src/internal/server/incomingRequest.ts by packages/tools/editions.mjs: change that file, not this one.
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Http from "node:http"
import type { Endpoint } from "../../Recording.ts"
import { Body, decode } from "./decoding.ts"

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

const headersOf = (source: NodeJS.Dict<string | Array<string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(source).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]]
    )
  )

// A request target can be an absolute URL, or something that is not a URL at all.
const urlOf = (target: string): URL | undefined => {
  try {
    return new URL(target.startsWith("/") ? `http://loopback${target}` : target, "http://loopback")
  } catch {
    return undefined
  }
}

/** Reads the body to its last byte, and keeps of it no more than the limit. `undefined`: it was larger. */
const readBytes = (source: Http.IncomingMessage, maxBytes: number): Effect.Effect<Uint8Array | undefined> =>
  Effect.callback((resume) => {
    const chunks: Array<Uint8Array> = []
    let length = 0
    const onData = (chunk: Uint8Array) => {
      length += chunk.length
      if (length <= maxBytes) chunks.push(chunk)
      else chunks.length = 0
    }
    const onEnd = () => resume(Effect.succeed(length > maxBytes ? undefined : Buffer.concat(chunks)))
    // The client went away: nobody waits for an answer, and the platform interrupts this fiber.
    const onClose = () => resume(Effect.never)
    source.on("data", onData).once("end", onEnd).once("close", onClose).once("error", onClose)
    return Effect.sync(() => {
      source.off("data", onData).off("end", onEnd).off("close", onClose)
    })
  })

/**
 * Reads the request to its last byte. `undefined`: its target is not a URL.
 *
 * @internal
 */
export const read = Effect.fnUntraced(function*(
  request: HttpServerRequest.HttpServerRequest,
  route: (method: string, path: string) => Endpoint | "other",
  maxBytes: number
) {
  const source = NodeHttpServerRequest.toIncomingMessage(request) as Http.IncomingMessage
  const url = urlOf(source.url ?? "")
  if (url === undefined) return undefined
  const bytes = yield* readBytes(source, maxBytes)
  const headers = headersOf(source.headers)
  return {
    endpoint: route(request.method, url.pathname),
    method: request.method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers,
    body: bytes === undefined
      ? Body.TooLarge()
      : yield* decode(bytes, encodingOf(headers, url.searchParams), maxBytes),
    bodyBytes: bytes?.length ?? Number(headers["content-length"] ?? maxBytes),
    arrivedAt: yield* Clock.currentTimeMillis
  } satisfies IncomingRequest
})

// Older clients name the compression in the query instead of the header.
const encodingOf = (headers: Readonly<Record<string, string>>, query: URLSearchParams): string => {
  const named = headers["content-encoding"] ?? query.get("compression") ?? ""
  return named === "gzip-js" ? "gzip" : named.trim().toLowerCase()
}
