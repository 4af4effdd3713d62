import { evaluateAll, explain } from "@effect-posthog/evaluator"
import type { Arrival } from "@effect-posthog/testkit/Recording"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import type { JsonObject } from "../definitions/document.ts"
import { asObject, flagDefinitions, own, payloadsOf, textOr, variantsOf } from "../definitions/document.ts"
import { endpoints, faults } from "./faults.ts"
import type { LocalServer } from "./localServer.ts"

const JsonRecord = Schema.Record({ key: Schema.String, value: Schema.Unknown })

/** Whom the page asks about. */
export const EvaluateRequest = Schema.Struct({
  person: Schema.Struct({
    distinctId: Schema.String,
    deviceId: Schema.optional(Schema.String),
    personProperties: JsonRecord,
    groups: Schema.Record({ key: Schema.String, value: Schema.Union(Schema.String, Schema.Number) }),
    groupProperties: Schema.Record({ key: Schema.String, value: JsonRecord })
  }),
  /** The flag to explain. */
  flag: Schema.optional(Schema.String)
})

/** A value to force; `null` ends it. */
export const ForceRequest = Schema.Struct({
  flag: Schema.String,
  value: Schema.NullOr(Schema.Union(Schema.Boolean, Schema.String))
})

/** A fault to switch on; `null` switches it off. */
export const FaultRequest = Schema.Struct({ endpoint: Schema.String, fault: Schema.NullOr(Schema.String) })

/** What the page cannot ask for. */
export class Unusable extends Schema.TaggedError<Unusable>()("Unusable", { message: Schema.String }) {}

/** Everything that the page asks for, apart from how it travels. */
export const makePageApi = (
  local: LocalServer,
  keys: { readonly projectKey: string; readonly secretKey: string }
) =>
  Effect.gen(function*() {
    const active = yield* Ref.make<ReadonlyMap<string, string>>(new Map())

    const state = Effect.gen(function*() {
      const { compiled, document, forced, kept, problems, revision } = yield* local.state
      const definitions = new Map(flagDefinitions(document).map((flag) => [flag.key, flag]))
      return {
        revision,
        kept: kept ?? null,
        problems,
        server: {
          url: local.posthog.url,
          // A key that was chosen may be a real one.
          projectKey: keys.projectKey === "phc_test" ? keys.projectKey : null,
          secretKey: keys.secretKey === "phs_test" ? keys.secretKey : null
        },
        flags: compiled.keys.map((key) => {
          const flag = definitions.get(key)
          return {
            key,
            name: textOr(own(flag?.definition ?? {}, "name"), ""),
            active: own(flag?.definition ?? {}, "active") === true,
            variants: flag === undefined ? [] : variantsOf(flag).map((variant) => variant.key),
            payloads: flag === undefined ? [] : payloadsOf(flag).map(({ payload, value }) => ({ value, payload })),
            forced: forced.get(key) ?? null
          }
        }),
        endpoints,
        faults: Object.keys(faults),
        activeFaults: Object.fromEntries(yield* Ref.get(active))
      }
    })

    const evaluate = (request: typeof EvaluateRequest.Type) =>
      Effect.gen(function*() {
        const { compiled, revision } = yield* local.state
        const now = yield* Clock.currentTimeMillis
        const { results } = evaluateAll(compiled, request.person, now)
        return {
          revision,
          // In the order of the flags: two thousand of them come with every key that is pressed.
          results: compiled.keys.map((key) => {
            const result = results.get(key)
            return result?._tag === "Resolved"
              ? [result.value, result.reason]
              : [null, result === undefined || result._tag === "Unknown" ? "unknown" : result.cause]
          }),
          explanation: request.flag === undefined ? null : explain(compiled, request.flag, request.person, now)
        }
      })

    const force = ({ flag, value }: typeof ForceRequest.Type) =>
      Effect.gen(function*() {
        const { document } = yield* local.state
        const definition = flagDefinitions(document).filter(({ key }) => key === flag).at(-1)
        if (definition === undefined) return yield* new Unusable({ message: "There is no such flag." })
        if (typeof value === "string" && !variantsOf(definition).some(({ key }) => key === value)) {
          return yield* new Unusable({ message: "The flag has no such variant." })
        }
        yield* local.force(flag, value ?? undefined)
      })

    const setFault = ({ endpoint: name, fault }: typeof FaultRequest.Type) =>
      Effect.gen(function*() {
        const endpoint = endpoints.find((known) => known === name)
        if (endpoint === undefined) return yield* new Unusable({ message: "There is no such endpoint." })
        if (fault === null) {
          yield* local.posthog.clear(endpoint)
          return yield* Ref.update(active, (current) => new Map([...current].filter(([key]) => key !== name)))
        }
        const chosen = Object.hasOwn(faults, fault) ? faults[fault] : undefined
        if (chosen === undefined) return yield* new Unusable({ message: "There is no such fault." })
        yield* local.posthog.clear(endpoint)
        yield* local.posthog.always(endpoint, chosen)
        yield* Ref.update(active, (current) => new Map([...current, [name, fault]]))
      })

    return { state, evaluate, force, setFault }
  })

const longestName = 200

const cut = (text: string, length = longestName): string => (text.length > length ? `${text.slice(0, length)}…` : text)

/** The values of flags that an event carries, at most fifty. */
const flagValues = (properties: JsonObject): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(properties)
      .filter(([name]) => name.startsWith("$feature/"))
      .slice(0, 50)
      .map(([name, value]) => [cut(name.slice("$feature/".length)), cut(String(value))])
  )

/** What the page shows of something that arrived: bounded, whatever was sent. */
export const summary = (arrival: Arrival) => {
  if (arrival._tag === "Request") {
    const { body, endpoint, method, path, status } = arrival.request
    const distinctId = own(asObject(body), "distinct_id")
    return {
      kind: "request",
      name: cut(endpoint === "other" ? `${method} ${path}` : endpoint),
      who: typeof distinctId === "string" ? cut(distinctId) : "",
      status: Option.getOrElse(status, () => 0)
    }
  }
  const { distinct_id, event, properties, timestamp } = arrival.event
  const called = event === "$feature_flag_called"
    ? { [cut(String(properties["$feature_flag"]))]: cut(String(properties["$feature_flag_response"])) }
    : flagValues(properties)
  return {
    kind: "event",
    name: cut(event),
    who: cut(distinct_id),
    timestamp: cut(timestamp ?? ""),
    flags: called,
    properties: cut(JSON.stringify(properties) ?? "", 4000)
  }
}
