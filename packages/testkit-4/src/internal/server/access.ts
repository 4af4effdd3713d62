// Generated from packages/testkit/src/internal/server/access.ts by packages/tools/editions.mjs: change that file, not this one.
import { isIP } from "node:net"
import * as Answer from "./answer.ts"
import type { IncomingRequest } from "./incomingRequest.ts"

const hostName = (authority: string): string | undefined => {
  try {
    const { hostname } = new URL(`http://${authority}`)
    return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname
  } catch {
    return undefined
  }
}

// A page of the internet can make its own name stand for this machine. It has no such power over an address, nor over a
// name without a dot.
const isOwnName = (name: string | undefined): boolean =>
  name !== undefined && (isIP(name) !== 0 || !name.includes(".") || name.endsWith(".localhost"))

const isLocalOrigin = (origin: string): boolean => {
  try {
    const { hostname } = new URL(origin)
    return hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]" ||
      /^127(?:\.\d+){3}$/.test(hostname)
  } catch {
    return false
  }
}

const formTypes = /^(?:multipart\/form-data|application\/x-www-form-urlencoded)\b/i

/**
 * The refusal of what a web page might send to a server on the developer's machine, or `undefined`. The flags endpoint
 * is there for browsers, so it takes requests of every page.
 *
 * @internal
 */
export const refuseForeign = (
  { endpoint, headers, method }: IncomingRequest,
  boundTo: string
): Answer.Answer | undefined => {
  const isLoopback = boundTo === "localhost" || boundTo === "::1" || boundTo.startsWith("127.")
  const { host, origin } = headers
  if (isLoopback && host !== undefined && !isOwnName(hostName(host))) {
    return Answer.error(endpoint, 403, "The Host header does not name this machine")
  }
  if (endpoint === "flags") return undefined
  if (origin !== undefined && !isLocalOrigin(origin)) {
    return Answer.error(endpoint, 403, "The Origin header names another site")
  }
  return method === "POST" && formTypes.test(headers["content-type"] ?? "")
    ? Answer.error(endpoint, 415, "The body of a form is not JSON")
    : undefined
}
