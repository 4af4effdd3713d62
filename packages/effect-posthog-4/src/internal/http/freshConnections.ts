// Generated from packages/effect-posthog/src/internal/http/freshConnections.ts by packages/tools/editions.mjs: change that file, not this one.
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import { causes } from "./request.ts"

/** How long after a reset connections are not reused, in nanoseconds. */
const lengthOfCaution = 10_000_000_000n

const resets: ReadonlySet<unknown> = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"])

const isReset = (error: unknown): boolean => {
  for (const { code } of causes(error)) if (resets.has(code)) return true
  return false
}

/**
 * Keeps a retry from meeting the next stale connection. A server, or a proxy in between, may have closed a connection that
 * was kept for later requests, and with it all that were kept beside it. After a reset, the requests of some seconds ask
 * for connections that are not kept; platforms that do not let requests choose leave the header out.
 *
 * @internal
 */
export class FreshConnections {
  private until = 0n

  /** `now`: nanoseconds of a clock that only moves on. */
  prepare(request: HttpClientRequest.HttpClientRequest, now: bigint): HttpClientRequest.HttpClientRequest {
    return now < this.until ? HttpClientRequest.setHeader(request, "connection", "close") : request
  }

  /** To be called with each failure. One of another kind may be that of a client that refuses the header, as HTTP/2 does. */
  failed(error: unknown, now: bigint): void {
    this.until = isReset(error) ? now + lengthOfCaution : 0n
  }
}
