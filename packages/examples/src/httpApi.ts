/**
 * An HTTP server that evaluates flags once per request and branches on them. The identity comes from the tracing
 * headers of PostHog's browser client; what one request evaluates, no other request sees.
 *
 * Run it with `npx tsx packages/examples/src/httpApi.ts`; it asks itself two requests and stops.
 */
import { PostHogServer } from "@effect-posthog/testkit"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { evaluateFlags, Events, Flag, Flags, LocalEvaluator, PostHog, RequestContext } from "effect-posthog"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { createServer } from "node:http"
import { definitions } from "./storefront/definitions.ts"

const flags = Flag.registry({
  newCheckout: Flag.boolean("new-checkout").pipe(Flag.withDefault(false)),
  buttonColor: Flag.variants("button-color", ["red", "green", "blue"]).pipe(Flag.withDefault("red"))
})

const checkout = Effect.gen(function*() {
  // No identity is passed: it is that of the request.
  const snapshot = yield* evaluateFlags({ flags }).pipe(Flags.orPartial)
  const isNew = yield* snapshot.flags.newCheckout
  const color = yield* snapshot.flags.buttonColor
  yield* Events.capture({ event: "checkout viewed", flags: snapshot })
  return yield* HttpServerResponse.json({ checkout: isNew ? "new" : "old", button: color || "gray" })
})

const AppLive = HttpRouter.empty.pipe(
  HttpRouter.get("/checkout", checkout),
  HttpServer.serve(RequestContext.middleware),
  HttpServer.withLogAddress,
  Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }))
)

const PostHogLive = Layer.unwrapEffect(
  Effect.map(
    PostHogServer.PostHogServer,
    ({ url }) => PostHog.layer({ apiKey: Redacted.make("phc_test"), secretKey: Redacted.make("phs_test"), host: url })
  )
)

const ask = (distinctId: string) =>
  Effect.gen(function*() {
    const client = yield* HttpClient.HttpClient
    const url = yield* HttpServer.addressFormattedWith(Effect.succeed)
    const request = HttpClientRequest.get(`${url}/checkout`).pipe(
      HttpClientRequest.setHeaders({ "x-posthog-distinct-id": distinctId, "x-posthog-session-id": `s-${distinctId}` })
    )
    yield* Console.log(`${distinctId}: ${yield* Effect.flatMap(client.execute(request), ({ text }) => text)}`)
  })

const program = Effect.gen(function*() {
  yield* Effect.flatMap(LocalEvaluator, ({ ready }) => ready)
  yield* Effect.all([ask("customer-4"), ask("customer-18")], { concurrency: 2 })
  yield* Events.flush
  const server = yield* PostHogServer.PostHogServer
  for (const { distinct_id, event, properties } of yield* server.events) {
    yield* Console.log(`${event} by ${distinct_id} in session ${properties["$session_id"]}`)
  }
})

program.pipe(
  Effect.provide(
    AppLive.pipe(
      Layer.provideMerge(PostHogLive),
      Layer.provideMerge(FetchHttpClient.layer),
      Layer.provideMerge(PostHogServer.layer({ definitions }))
    )
  ),
  NodeRuntime.runMain
)
