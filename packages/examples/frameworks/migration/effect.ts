import { HttpRouter, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { Effect, flow, Option, Schema } from "effect"
import { evaluateFlags, Events, Flag, Flags, RequestContext } from "effect-posthog"
import * as Exceptions from "effect-posthog/Exceptions"

// The same service in Effect.
const newCheckout = Flag.boolean("new-checkout").pipe(Flag.withDefault(false))
const facets = Flag.boolean("facets").pipe(Flag.withDefault(false))
const synonyms = Flag.boolean("synonyms").pipe(Flag.withDefault(false))
const canExport = Flag.boolean("export").pipe(Flag.withDefault(false))

const header = (name: string, fallback: string) =>
  Effect.map(HttpServerRequest.HttpServerRequest, ({ headers }) => headers[name] ?? fallback)

const user = header("x-user", "anonymous")
const company = header("x-company", "none")

const login = Effect.gen(function*() {
  const distinctId = yield* user
  const body = yield* HttpServerRequest.schemaBodyJson(Schema.Struct({ plan: Schema.String, email: Schema.String }))
  yield* Events.identify({ distinctId, set: { plan: body.plan }, setOnce: { first_login: "2026-01-01" } })
  yield* Events.alias({ distinctId, alias: body.email })
  yield* Events.capture({ event: "logged in" })
  return yield* HttpServerResponse.json({ user: distinctId })
})

const identifyCompany = Effect.gen(function*() {
  const groupKey = yield* company
  const properties = yield* HttpServerRequest.schemaBodyJson(Schema.Struct({ seats: Schema.Number }))
  yield* Events.groupIdentify({ groupType: "company", groupKey, properties })
  return yield* HttpServerResponse.json({ company: groupKey })
})

const pricing = Effect.gen(function*() {
  const groups = { company: yield* company }
  const flags = yield* evaluateFlags({ groups, flagKeys: ["pricing"] }).pipe(Flags.orPartial)
  const variant = Option.getOrUndefined(yield* flags.getFlag("pricing"))
  yield* Events.capture({ event: "pricing viewed", properties: { variant }, groups })
  return yield* HttpServerResponse.json({ variant, payload: Option.getOrUndefined(flags.getFlagPayload("pricing")) })
})

const features = Effect.gen(function*() {
  const flags = yield* Flags.getAllFlags({ distinctId: yield* user })
  return yield* HttpServerResponse.json(Object.fromEntries(flags))
})

const checkout = Effect.gen(function*() {
  const flags = yield* evaluateFlags().pipe(Flags.orPartial)
  const total = (yield* flags.get(newCheckout)) ? 39 : 42
  yield* Events.capture({ event: "checkout finished", properties: { total }, flags })
  return yield* HttpServerResponse.json({ total })
})

const exportRows = Effect.gen(function*() {
  const { rows } = yield* HttpServerRequest.schemaBodyJson(Schema.Struct({ rows: Schema.Number }))
  const flags = yield* evaluateFlags().pipe(Flags.orPartial)
  if (!(yield* flags.get(canExport))) return yield* HttpServerResponse.json({ error: "not allowed" }, { status: 403 })
  yield* Events.capture({ event: "exported", properties: { rows }, flags })
  return yield* HttpServerResponse.json({ rows })
})

const query = (name: string) =>
  Effect.map(HttpServerRequest.ParsedSearchParams, (parameters) => String(parameters[name]))

const search = Effect.gen(function*() {
  const personProperties = { country: yield* header("x-country", "unknown") }
  const flags = yield* evaluateFlags({ personProperties, flagKeys: ["ranking", facets, synonyms] }).pipe(
    Flags.orPartial
  )
  const properties = {
    ranking: Option.getOrUndefined(yield* flags.getFlag("ranking")),
    facets: yield* flags.get(facets),
    synonyms: yield* flags.get(synonyms)
  }
  yield* Events.capture({ event: "searched", properties, set: { last_query: yield* query("q") } })
  return yield* HttpServerResponse.json(properties)
})

const banner = Effect.gen(function*() {
  const banner = Option.getOrUndefined(yield* Flags.getFeatureFlagResult({ key: "banner" }))
  if (banner?.enabled !== true) return HttpServerResponse.empty()
  const { payload, variant } = banner
  return yield* HttpServerResponse.json({
    variant: Option.getOrUndefined(variant),
    text: Option.getOrUndefined(payload)
  })
})

const limits = Effect.gen(function*() {
  const { flags, payloads } = yield* Flags.getAllFlagsAndPayloads({
    groups: { company: yield* company },
    groupProperties: { company: { seats: yield* query("seats") } },
    flagKeys: ["seat-limit", "pricing"]
  })
  return yield* HttpServerResponse.json({
    flags: Object.fromEntries(flags),
    payloads: Object.fromEntries(payloads)
  })
})

const Payment = Schema.Struct({ user: Schema.String, id: Schema.UUID, amount: Schema.Number, paidAt: Schema.Date })

const paymentReceived = Effect.gen(function*() {
  const { amount, id, paidAt, user } = yield* HttpServerRequest.schemaBodyJson(Payment)
  yield* Events.capture({
    distinctId: user,
    event: "payment received",
    properties: { amount, currency: "EUR" },
    groups: { company: yield* company },
    timestamp: paidAt,
    uuid: id,
    disableGeoip: true
  })
  yield* Events.flush
  return yield* HttpServerResponse.json({ received: id })
})

const unsubscribe = Effect.gen(function*() {
  yield* Events.capture({ event: "unsubscribed", unset: ["newsletter"] })
  return yield* HttpServerResponse.json({ user: yield* user })
})

const asUser = <A, E, R>(app: Effect.Effect<A, E, R>) =>
  Effect.flatMap(user, (distinctId) => RequestContext.with(app, { distinctId }))

export const app = HttpRouter.empty.pipe(
  HttpRouter.post("/login", login),
  HttpRouter.post("/company", identifyCompany),
  HttpRouter.get("/pricing", pricing),
  HttpRouter.get("/features", features),
  HttpRouter.post("/checkout", checkout),
  HttpRouter.post("/export", exportRows),
  HttpRouter.get("/search", search),
  HttpRouter.get("/banner", banner),
  HttpRouter.get("/limits", limits),
  HttpRouter.post("/webhooks/payment", paymentReceived),
  HttpRouter.post("/unsubscribe", unsubscribe),
  HttpRouter.get("/broken", Effect.dieMessage("broken")),
  HttpRouter.use(flow(Exceptions.middlewareWith({ properties: { route: "/broken" } }), asUser)),
  HttpRouter.catchAllCause(() => HttpServerResponse.json({ error: "internal" }, { status: 500 }))
)
