import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import type { Project } from "../project/project.ts"
import * as Answer from "./answer.ts"
import type { Handler } from "./endpoint.ts"

/**
 * `GET /flags/definitions`: the document with its ETag, for those who know the secret.
 *
 * @internal
 */
export const make = (project: Project): Handler => (request, fault) =>
  Effect.gen(function*() {
    if (request.headers["authorization"] !== `Bearer ${project.secretKey}`) {
      return Answer.error("definitions", 401, "The bearer token is not the project's secret")
    }
    if (request.query["token"] !== project.projectKey) {
      return Answer.error("definitions", 401, "The token is not the project's key")
    }
    if (fault._tag === "QuotaLimited") return Answer.error("definitions", 402, "The project is over its quota")
    const { definitions } = yield* Ref.get(project.state)
    const headers = { etag: definitions.etag }
    if (request.headers["if-none-match"] === definitions.etag) return Answer.empty(304, headers)
    return Answer.jsonText(200, definitions.text, headers)
  })
