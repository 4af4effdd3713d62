// Generated from packages/testkit/src/internal/server/remoteConfigEndpoint.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import type { Project } from "../project/project.ts"
import * as Answer from "./answer.ts"
import { refuseCredentials } from "./definitionsEndpoint.ts"
import type { Handler } from "./endpoint.ts"
import { remoteConfigKey } from "./route.ts"

/**
 * `GET /api/projects/@current/feature_flags/{key}/remote_config`: the payload of a flag, as JSON text in JSON.
 *
 * @internal
 */
export const make = (project: Project): Handler => (request) =>
  Effect.gen(function*() {
    const refused = refuseCredentials(request, project)
    if (refused !== undefined) return refused
    const { definitions } = yield* Ref.get(project.state)
    const flag = definitions.byKey.get(remoteConfigKey(request.path) ?? "")
    if (flag === undefined) return Answer.error("remoteConfig", 404, "Not found.")
    const payload = Object.hasOwn(flag.payloads, "true") ? flag.payloads["true"] : undefined
    return Answer.json(200, payload ?? null)
  })
