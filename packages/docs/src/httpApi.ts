// @effect-diagnostics deterministicKeys:off
import { PostHogTest } from "@effect-posthog/testkit"
import {
  HttpApi,
  HttpApiBuilder,
  HttpApiClient,
  HttpApiEndpoint,
  HttpApiGroup,
  HttpApiMiddleware,
  HttpApiSecurity,
  HttpClient,
  HttpClientRequest
} from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { Context, Effect, flow, Layer, Redacted, Schema } from "effect"
import { Events, Flag, Flags, RequestContext, RequestFlags } from "effect-posthog"
import { strict as assert } from "node:assert"

const flags = Flag.registry({
  newCheckout: Flag.boolean("new-checkout").pipe(Flag.withDefault(false)),
  button: Flag.variants("button-color", ["red", "green"]).pipe(Flag.withDefault("red"))
})

// #region security
class User
  extends Context.Tag("User")<User, { readonly id: string; readonly plan: string; readonly company: string }>()
{}

class Unauthorized extends Schema.TaggedError<Unauthorized>()("Unauthorized", {}) {}

class Authorization extends HttpApiMiddleware.Tag<Authorization>()("Authorization", {
  provides: User,
  failure: Unauthorized,
  security: { bearer: HttpApiSecurity.bearer }
}) {}

const AuthorizationLive = Layer.succeed(Authorization, {
  bearer: (token) =>
    Effect.gen(function*() {
      const user = yield* userOf(token)
      // From here on, evaluations and events of this request are about this user.
      yield* RequestContext.set({
        distinctId: user.id,
        personProperties: { plan: user.plan },
        groups: { company: user.company }
      })
      return user
    })
})
// #endregion

const users = new Map([
  ["token-of-ada", { id: "ada", plan: "scale", company: "acme" }],
  ["token-of-grace", { id: "grace", plan: "free", company: "acme" }]
])

const userOf = (token: Redacted.Redacted): Effect.Effect<Context.Tag.Service<User>, Unauthorized> => {
  const user = users.get(Redacted.value(token))
  return user === undefined ? Effect.fail(new Unauthorized()) : Effect.succeed(user)
}

// #region handler
const Page = Schema.Struct({ total: Schema.Number, button: Schema.String })

const Api = HttpApi.make("Shop").add(
  HttpApiGroup.make("shop")
    .add(HttpApiEndpoint.get("checkout", "/checkout").addSuccess(Page))
    .middleware(Authorization)
)

const priceOf = Effect.gen(function*() {
  const { newCheckout } = (yield* RequestFlags.of(flags).pipe(Flags.orPartial)).flags
  return (yield* newCheckout) ? 39 : 42
})

const buttonOf = Effect.gen(function*() {
  const snapshot = yield* RequestFlags.of(flags).pipe(Flags.orPartial)
  return (yield* snapshot.flags.button) || "red"
})

const ShopLive = HttpApiBuilder.group(
  Api,
  "shop",
  (handlers) =>
    handlers.handle("checkout", () =>
      Effect.gen(function*() {
        // Two parts of the page, at the same time: one evaluation.
        const [total, button] = yield* Effect.all([priceOf, buttonOf], { concurrency: 2 })
        yield* Events.capture({ event: "checkout viewed", properties: { total } })
        return { total, button }
      }))
)

const ServerLive = HttpApiBuilder.serve(flow(
  RequestFlags.middlewareWith({ flags, attachToEvents: true }),
  RequestContext.middleware
)).pipe(
  Layer.provide(HttpApiBuilder.api(Api)),
  Layer.provide(ShopLive),
  Layer.provide(AuthorizationLive)
)
// #endregion

const program = Effect.gen(function*() {
  const http = yield* HttpClient.HttpClient
  const clientOf = (token: string) =>
    HttpApiClient.makeWith(Api, { httpClient: HttpClient.mapRequest(http, HttpClientRequest.bearerToken(token)) })
  const ask = (token: string) => Effect.flatMap(clientOf(token), ({ shop }) => shop.checkout())

  const pages = yield* Effect.all([ask("token-of-ada"), ask("token-of-grace")], { concurrency: 2 })
  assert.deepEqual(pages, [{ total: 39, button: "green" }, { total: 42, button: "red" }])
  assert.equal((yield* Effect.flip(ask("nonsense")))._tag, "Unauthorized")

  const posthog = yield* PostHogTest.PostHogTest
  assert.equal((yield* posthog.remoteRequests).length, 2)
  const viewed = yield* posthog.expectEvent({ event: "checkout viewed", distinctId: "ada", properties: { total: 39 } })
  assert.equal(viewed.properties["$feature/new-checkout"], true)
  yield* posthog.expectExposure({ flag: "button-color", value: "red", distinctId: "grace" })
  assert.deepEqual(new Set((yield* posthog.exposures).map(({ event }) => event.distinctId)), new Set(["ada", "grace"]))
})

await Effect.runPromise(
  Effect.provide(
    program,
    ServerLive.pipe(
      Layer.provideMerge(PostHogTest.layer({
        flags: {
          "new-checkout": ({ distinct_id }) => distinct_id === "ada",
          "button-color": ({ distinct_id }) => distinct_id === "ada" ? "green" : "red"
        }
      })),
      Layer.provideMerge(NodeHttpServer.layerTest)
    )
  )
)
