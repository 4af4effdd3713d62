// Generated from packages/testkit/src/internal/server/httpApplication.ts by packages/tools/editions.mjs: change that file, not this one.
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import type * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Effect from "effect/Effect"
import { isObject as isRecord } from "effect/Predicate"
import * as Fault from "../../Fault.ts"
import type { Endpoint } from "../../Recording.ts"
import { arrayOrEmpty } from "../json.ts"
import type { Project } from "../project/project.ts"
import { refuseForeign } from "./access.ts"
import * as Answer from "./answer.ts"
import * as BatchEndpoint from "./batchEndpoint.ts"
import * as Delivery from "./brokenAnswers.ts"
import * as DefinitionsEndpoint from "./definitionsEndpoint.ts"
import type { Handler } from "./endpoint.ts"
import * as EventsEndpoint from "./eventsEndpoint.ts"
import type { FaultScript } from "./faultScript.ts"
import * as FlagsEndpoint from "./flagsEndpoint.ts"
import * as IncomingRequest from "./incomingRequest.ts"
import * as RemoteConfigEndpoint from "./remoteConfigEndpoint.ts"
import type { Entry, RequestLog } from "./requestLog.ts"
import { route } from "./route.ts"
import * as TelemetryEndpoint from "./telemetryEndpoint.ts"

type Response = Effect.Effect<HttpServerResponse.HttpServerResponse>

const handlers = (project: Project, log: RequestLog): Readonly<Record<Endpoint | "other", Handler>> => ({
  flags: FlagsEndpoint.make(project),
  definitions: DefinitionsEndpoint.make(project),
  remoteConfig: RemoteConfigEndpoint.make(project),
  batch: BatchEndpoint.make("batch", project, log),
  ai: BatchEndpoint.make("ai", project, log),
  events: EventsEndpoint.make(project, log),
  logs: TelemetryEndpoint.make("logs", project),
  metrics: TelemetryEndpoint.make("metrics", project),
  traces: TelemetryEndpoint.make("traces", project),
  other: ({ method, path }) =>
    Effect.succeed(Answer.error("other", 404, `There is no endpoint ${method} ${path.slice(0, 200)}`))
})

/** @internal */
export interface Limits {
  /** The address that the server listens on. */
  readonly boundTo: string
  readonly maxBodyBytes: number
}

/**
 * Reads, records, and answers as the script says.
 *
 * @internal
 */
export const make = (
  project: Project,
  log: RequestLog,
  faults: FaultScript,
  { boundTo, maxBodyBytes }: Limits
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest.HttpServerRequest> => {
  const handlerOf = handlers(project, log)

  const respond = (platformRequest: HttpServerRequest.HttpServerRequest, entry: Entry) => {
    const { endpoint } = entry.request

    const answer = (fault: Fault.Fault) =>
      Effect.tap(handlerOf[endpoint](entry.request, fault), (answer) => log.answered(entry, answer.status))

    const answerWithStatus = Effect.fnUntraced(function*(fault: Extract<Fault.Fault, { readonly _tag: "Status" }>) {
      const normal = Answer.isSuccess(fault.status) ? yield* handlerOf[endpoint](entry.request, Fault.pass) : undefined
      yield* log.answered(entry, fault.status)
      const scripted = scriptedBody(fault)
      if (scripted !== undefined) return { status: fault.status, ...scripted }
      const otherwise = normal ?? Answer.error(endpoint, fault.status)
      return { ...otherwise, status: fault.status, headers: { ...otherwise.headers, ...fault.headers } }
    })

    const meet = (fault: Fault.Fault): Response => {
      switch (fault._tag) {
        case "Pass":
        case "Results":
        case "QuotaLimited":
        case "ComputationErrors":
          return Effect.flatMap(answer(fault), Delivery.whole)
        case "Status":
          return Effect.flatMap(answerWithStatus(fault), Delivery.whole)
        case "MaxEvents":
          return meet(countEvents(entry.request) > fault.count ? Fault.status(413) : Fault.pass)
        case "Delay":
          return Effect.delay(Effect.suspend(() => meet(fault.next)), fault.duration)
        case "Hang":
          return Effect.never
        case "Reset":
          return Delivery.reset(platformRequest)
        case "StalledBody":
          return Effect.flatMap(answer(fault), Delivery.stalled)
        case "TruncatedBody":
          return Effect.flatMap(answer(fault), (answer) => Delivery.truncated(platformRequest, answer))
        case "ResetMidBody":
          return Effect.flatMap(answer(fault), (answer) => Delivery.resetMidBody(platformRequest, answer))
        case "MalformedBody":
          return Effect.flatMap(answer(fault), Delivery.malformed)
        case "Drip":
          return Effect.flatMap(answer(fault), (answer) => Delivery.dripping(answer, fault.interval))
      }
    }
    return meet
  }

  return Effect.gen(function*() {
    const platformRequest = yield* HttpServerRequest.HttpServerRequest
    const request = yield* IncomingRequest.read(platformRequest, route, maxBodyBytes)
    if (request === undefined) {
      return yield* Delivery.whole(Answer.error("other", 400, "The request target is not a URL"))
    }
    const entry = yield* log.arrived(request)
    const foreign = refuseForeign(request, boundTo)
    if (foreign !== undefined) {
      yield* log.answered(entry, foreign.status)
      return yield* Delivery.whole(foreign)
    }
    const fault = yield* faults.next(request.endpoint)
    // The server runs handlers uninterruptibly. A fault that never answers must end with its connection all the same.
    return yield* Effect.interruptible(respond(platformRequest, entry)(fault))
  })
}

const countEvents = ({ body }: IncomingRequest.IncomingRequest): number =>
  body._tag === "Json" && isRecord(body.value) ? arrayOrEmpty(body.value["batch"]).length : 0

const scriptedBody = (
  fault: Extract<Fault.Fault, { readonly _tag: "Status" }>
): Pick<Answer.Answer, "headers" | "body"> | undefined => {
  if (fault.body === undefined) return undefined
  return typeof fault.body === "string"
    ? Answer.jsonText(fault.status, fault.body, fault.headers)
    : Answer.json(fault.status, fault.body, fault.headers)
}
