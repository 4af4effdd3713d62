// Generated from packages/tools/editions/effect-posthog-4/test/httpApi.test.ts by packages/tools/editions.mjs: change that file, not this one.
// An `HttpApi` of Effect 4, which Effect 3 declares and serves by other calls: the guide's program in the words of this
// edition.
import { PostHogTest } from "@effect-posthog/testkit"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { EventQueue, Events, Flag, Flags, RequestContext, RequestFlags } from "effect-posthog-4"
import * as Exceptions from "effect-posthog-4/Exceptions"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiClient from "effect/http-api/HttpApiClient"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSecurity from "effect/http-api/HttpApiSecurity"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { assert, describe, it } from "./support/effectVitest.ts"

const flags = Flag.registry({
  newCheckout: Flag.boolean("new-checkout").pipe(Flag.withDefault(false)),
  button: Flag.variants("button-color", ["red", "green"]).pipe(Flag.withDefault("red"))
})

interface Account {
  readonly id: string
  readonly plan: string
}

class User extends Context.Service<User, Account>()("User") {}

class Unauthorized extends Schema.TaggedError<Unauthorized>()("Unauthorized", {}, { httpApiStatus: 401 }) {}

class Authorization extends HttpApiMiddleware.Service<Authorization, { provides: User }>()("Authorization", {
  error: Unauthorized,
  security: { bearer: HttpApiSecurity.bearer }
}) {}

const accounts: ReadonlyMap<string, Account> = new Map([
  ["token-of-ada", { id: "ada", plan: "scale" }],
  ["token-of-grace", { id: "grace", plan: "free" }]
])

const accountOf = (token: Redacted.Redacted): Effect.Effect<Account, Unauthorized> => {
  const account = accounts.get(Redacted.value(token))
  return account === undefined ? Effect.fail(new Unauthorized()) : Effect.succeed(account)
}

const authorization = Layer.succeed(Authorization, {
  bearer: (page, { credential }) =>
    Effect.flatMap(accountOf(credential), (account) =>
      Effect.andThen(
        RequestContext.set({ distinctId: account.id, personProperties: { plan: account.plan } }),
        Effect.provideService(page, User, account)
      ))
})

const Page = Schema.Struct({ total: Schema.Number, button: Schema.String })

const Api = HttpApi.make("Shop").add(
  HttpApiGroup.make("shop")
    .add(HttpApiEndpoint.get("checkout", "/checkout", { success: Page }))
    .add(HttpApiEndpoint.get("broken", "/broken", { success: Page }))
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

const shop = HttpApiBuilder.group(Api, "shop", (handlers) =>
  handlers
    .handle("checkout", () =>
      Effect.gen(function*() {
        const [total, button] = yield* Effect.all([priceOf, buttonOf], { concurrency: 2 })
        yield* Events.capture({ event: "checkout viewed", properties: { total } })
        return { total, button }
      }))
    .handle("broken", () => Effect.die(new Error("out of stock"))))

const server = HttpRouter.serve(
  HttpApiBuilder.layer(Api).pipe(Layer.provide(shop), Layer.provide(authorization)),
  {
    disableLogger: true,
    disableListenLog: true,
    middleware: (app) =>
      RequestContext.middleware(
        RequestFlags.middlewareWith({ flags, attachToEvents: true })(Exceptions.middleware(app))
      )
  }
)

const layer = server.pipe(
  Layer.provideMerge(PostHogTest.layer({
    flags: {
      "new-checkout": ({ distinct_id }) => distinct_id === "ada",
      "button-color": ({ distinct_id }) => distinct_id === "ada" ? "green" : "red"
    }
  })),
  Layer.provideMerge(NodeHttpServer.layerTest)
)

const clientOf = (token: string) =>
  Effect.flatMap(
    HttpClient.HttpClient,
    (http) =>
      HttpApiClient.makeWith(Api, { httpClient: HttpClient.mapRequest(http, HttpClientRequest.bearerToken(token)) })
  )

describe("an HttpApi", () => {
  it.live("evaluates flags and captures events for whoever the security middleware found", () =>
    Effect.gen(function*() {
      const ask = (token: string) => Effect.flatMap(clientOf(token), (client) => client.shop.checkout())
      const pages = yield* Effect.all([ask("token-of-ada"), ask("token-of-grace")], { concurrency: 2 })
      assert.deepStrictEqual(pages, [{ total: 39, button: "green" }, { total: 42, button: "red" }])
      assert.strictEqual((yield* Effect.flip(ask("nonsense")))._tag, "Unauthorized")

      const posthog = yield* PostHogTest.PostHogTest
      assert.strictEqual((yield* posthog.remoteRequests).length, 2)
      const viewed = yield* posthog.expectEvent({
        event: "checkout viewed",
        distinctId: "ada",
        properties: { total: 39 }
      })
      assert.strictEqual(viewed.properties["$feature/new-checkout"], true)
      yield* posthog.expectExposure({ flag: "button-color", value: "red", distinctId: "grace" })
      assert.deepStrictEqual(
        new Set((yield* posthog.exposures).map(({ event }) => event.distinctId)),
        new Set(["ada", "grace"])
      )
    }).pipe(Effect.provide(layer)))

  it.live("reports what its handlers die of, once, for whoever the security middleware found", () =>
    Effect.gen(function*() {
      const ask = (token: string) => Effect.exit(Effect.flatMap(clientOf(token), (client) => client.shop.broken()))
      yield* Effect.all([ask("token-of-ada"), ask("token-of-grace")], { concurrency: 2 })
      const queue = yield* EventQueue
      yield* queue.flush
      const posthog = yield* PostHogTest.PostHogTest
      const reports = (yield* posthog.events).filter(({ event }) => event === "$exception")
      assert.deepStrictEqual(
        reports.map(({ distinctId, properties }) => [distinctId, properties["$exception_message"]]).sort(),
        [["ada", "out of stock"], ["grace", "out of stock"]]
      )
    }).pipe(Effect.provide(layer)))

  it.effect("has nothing to do with a person whose part of the program has ended", () =>
    Effect.gen(function*() {
      const failing = Effect.andThen(RequestContext.set({ distinctId: "grace" }), Effect.die(new Error("broken")))
      yield* RequestContext.with(failing, { distinctId: "hedy" }).pipe(
        Exceptions.withReporting,
        RequestContext.with({ distinctId: "ada" }),
        Effect.exit
      )
      const posthog = yield* PostHogTest.PostHogTest
      assert.deepStrictEqual((yield* posthog.offers).map(({ draft }) => draft.distinctId), ["ada"])
    }).pipe(Effect.provide(PostHogTest.layer())))
})
