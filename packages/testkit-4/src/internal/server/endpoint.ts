// Generated from packages/testkit/src/internal/server/endpoint.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Effect from "effect/Effect"
import type * as Fault from "../../Fault.ts"
import * as Answer from "./answer.ts"
import type { IncomingRequest } from "./incomingRequest.ts"

/**
 * Processes a request as PostHog would. A fault matters to an endpoint only where it changes what is computed: results
 * by position, a used-up quota, flags that could not be computed.
 *
 * @internal
 */
export type Handler = (request: IncomingRequest, fault: Fault.Fault) => Effect.Effect<Answer.Answer>

/** @internal */
export const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * The answer to a body that cannot be read, or nothing when it can.
 *
 * @internal
 */
export const refuseUnreadable = (request: IncomingRequest): Answer.Answer | undefined => {
  switch (request.body._tag) {
    case "Empty":
      return Answer.error(request.endpoint, 400, "The body is empty")
    case "Malformed":
      return Answer.error(request.endpoint, 400, request.body.problem)
    case "TooLarge":
      return Answer.error(request.endpoint, 413, "The body is too large")
    case "UnknownEncoding":
      return Answer.error(request.endpoint, 415, `Unknown content encoding: ${request.body.encoding.slice(0, 100)}`)
    case "Json":
      return undefined
  }
}
