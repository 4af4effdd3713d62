// Generated from packages/testkit/src/internal/server/telemetryEndpoint.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Effect from "effect/Effect"
import { isObject as isRecord } from "effect/Predicate"
import type { TelemetryEndpoint } from "../../Recording.ts"
import type { Project } from "../project/project.ts"
import * as Answer from "./answer.ts"
import type { Handler } from "./endpoint.ts"
import { refuseUnreadable } from "./endpoint.ts"

const resources: Readonly<Record<TelemetryEndpoint, string>> = {
  logs: "resourceLogs",
  metrics: "resourceMetrics",
  traces: "resourceSpans"
}

/**
 * `POST /i/v1/logs`, `/i/v1/metrics` and `/i/v1/traces`: OpenTelemetry's protocol over HTTP, as JSON.
 *
 * @internal
 */
export const make = (endpoint: TelemetryEndpoint, { projectKey }: Project): Handler => (request) =>
  Effect.sync(() => {
    if (request.headers["authorization"] !== `Bearer ${projectKey}`) {
      return Answer.error(endpoint, 401, "The bearer token is not the project's key")
    }
    if (request.headers["content-type"]?.toLowerCase().startsWith("application/json") !== true) {
      return Answer.error(endpoint, 415, "This server reads OpenTelemetry's protocol as JSON only")
    }
    const unreadable = refuseUnreadable(request)
    if (unreadable !== undefined) return unreadable
    const body = request.body._tag === "Json" ? request.body.value : undefined
    const field = resources[endpoint]
    return isRecord(body) && Array.isArray(body[field])
      ? Answer.json(200, { partialSuccess: {} })
      : Answer.error(endpoint, 400, `The body has no ${field}`)
  })
