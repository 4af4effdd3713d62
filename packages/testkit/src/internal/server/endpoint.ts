import type * as Effect from "effect/Effect"
import type * as Fault from "../../Fault.ts"
import * as Answer from "./answer.ts"
import type { IncomingRequest } from "./incomingRequest.ts"

/**
 * Processes a request as PostHog would. The fault matters to an endpoint only where it changes what is computed: results
 * by position, a used-up quota, flags that could not be computed.
 *
 * @internal
 */
export type Handler = (request: IncomingRequest, fault: Fault.Fault) => Effect.Effect<Answer.Answer>

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
    case "UnknownEncoding":
      return Answer.error(request.endpoint, 415, `Unknown content encoding: ${request.body.encoding}`)
    case "Json":
      return undefined
  }
}
