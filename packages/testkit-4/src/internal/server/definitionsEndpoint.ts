// Generated from packages/testkit/src/internal/server/definitionsEndpoint.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import type { Project } from "../project/project.ts"
import * as Answer from "./answer.ts"
import type { Handler } from "./endpoint.ts"
import type { IncomingRequest } from "./incomingRequest.ts"

/**
 * The refusal of a request without the project's secret and key, or `undefined`.
 *
 * @internal
 */
export const refuseCredentials = (
  { endpoint, headers, query }: IncomingRequest,
  { projectKey, secretKey }: Project
): Answer.Answer | undefined => {
  if (headers["authorization"] !== `Bearer ${secretKey}`) {
    return Answer.error(endpoint, 401, "The bearer token is not the project's secret")
  }
  // A secret key names its project: the token may be left out.
  const { token = projectKey } = query
  return token === projectKey ? undefined : Answer.error(endpoint, 401, "The token is not the project's key")
}

/**
 * `GET /flags/definitions`: the document with its ETag, for clients that have the secret.
 *
 * @internal
 */
export const make = (project: Project): Handler => (request, fault) =>
  Effect.gen(function*() {
    const refused = refuseCredentials(request, project)
    if (refused !== undefined) return refused
    if (fault._tag === "QuotaLimited") return Answer.error("definitions", 402, "The project is over its quota")
    const { definitions } = yield* Ref.get(project.state)
    const headers = { etag: definitions.etag }
    if (request.headers["if-none-match"] === definitions.etag) return Answer.empty(304, headers)
    return Answer.jsonText(200, project.strict ? definitions.servedText : definitions.text, headers)
  })
