// Generated from packages/testkit/src/internal/server/flagsEndpoint.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isObject as isRecord } from "effect/Predicate"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import { FlagsBody } from "../../Recording.ts"
import { decideFlags } from "../project/decideFlags.ts"
import type { Project } from "../project/project.ts"
import { requestRuntime } from "../project/runtime.ts"
import * as Answer from "./answer.ts"
import { problemForJson5 } from "./decoding.ts"
import type { Handler } from "./endpoint.ts"
import { refuseUnreadable } from "./endpoint.ts"
import * as FlagsAnswer from "./flagsAnswer.ts"
import { randomUuid } from "./randomUuid.ts"

const decodeBody = Schema.decodeUnknownOption(FlagsBody)

/**
 * `POST /flags/?v=2`: evaluates the definitions for the caller; decisions of the test win.
 *
 * @internal
 */
export const make = (project: Project): Handler => (request, fault) =>
  Effect.gen(function*() {
    const unreadable = refuseUnreadable(request)
    if (unreadable !== undefined) return unreadable
    const refuse = (status: number, detail: string) => Answer.error("flags", status, detail)
    const problem = project.strict && request.body._tag === "Json" ? problemForJson5(request.body.text) : undefined
    if (problem !== undefined) return refuse(400, problem)
    const sent = request.body._tag === "Json" ? request.body.value : undefined
    if (!isRecord(sent)) return refuse(400, "The body is not a JSON object")
    const token = sent["token"] ?? sent["api_key"]
    if (typeof token !== "string" || token === "") return refuse(400, "The body has no token")
    if (token !== project.projectKey) return refuse(401, "The token is not this project's")
    const body = Option.getOrUndefined(decodeBody(sent))
    if (body === undefined || body.distinct_id === "") {
      return refuse(400, "The body has no distinct_id, or a field of the wrong type")
    }
    const state = yield* Ref.get(project.state)
    const now = yield* Clock.currentTimeMillis
    const limited = fault._tag === "QuotaLimited"
    const runtime = requestRuntime(body.evaluation_runtime, request.headers)
    const failed = fault._tag === "ComputationErrors" ? fault.failed : []
    return FlagsAnswer.render(request.query["v"] === "2" ? state.flagsShape : "v3", {
      flags: limited ? [] : decideFlags(body, state, now, runtime, failed),
      errors: fault._tag === "ComputationErrors",
      limited,
      requestId: yield* randomUuid,
      evaluatedAt: now,
      minimal: state.definitions.minimalFlagCalledEvents
    })
  })
