/**
 * The HTTP service that PostHog's SDK test harness drives. Whatever becomes of a call, its answer is a 200 that says so:
 * the harness takes any other status for a broken adapter.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Client, State } from "./Client.ts"
import * as Clients from "./Clients.ts"
import { Capture, GetFeatureFlag, Init } from "./Messages.ts"
import { capabilities, type Mode } from "./Mode.ts"
import { type Sdk, sdk } from "./Sdk.ts"

const adapterVersion = "1.0.0"

const noState: State = {
  pending_events: 0,
  total_events_captured: 0,
  total_events_sent: 0,
  total_retries: 0,
  last_error: null,
  requests_made: []
}

const json = (body: unknown) => Effect.orDie(HttpServerResponse.json(body))

const failed = (error: string) => json({ success: false, error })

const testId = Effect.map(
  HttpServerRequest.schemaSearchParams(Schema.Struct({ test_id: Schema.optional(Schema.String) })),
  ({ test_id }) => test_id
)

const bodyOf = <A, I>(schema: Schema.Schema<A, I>) => {
  const decode = Schema.decodeUnknown(Schema.parseJson(schema))
  return Effect.flatMap(
    Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ text }) => text),
    (text) => decode(text)
  )
}

const routes = (clients: Clients.Clients, mode: Mode, { name, version }: Sdk) => {
  const withClient = <E, R>(
    use: (client: Client) => Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>
  ) =>
    Effect.gen(function*() {
      const client = yield* clients.get(yield* testId)
      return yield* Option.match(client, {
        onNone: () => failed("there is no client: /init comes first"),
        onSome: use
      })
    })

  const capture = (send: (client: Client) => Client["capture"]) =>
    withClient((client) =>
      Effect.gen(function*() {
        const uuid = yield* send(client)(yield* bodyOf(Capture))
        return yield* uuid === null ? failed("the event was not taken") : json({ success: true, uuid })
      })
    )

  return HttpRouter.empty.pipe(
    HttpRouter.get(
      "/health",
      json({
        sdk_name: name,
        sdk_version: version,
        adapter_version: adapterVersion,
        supports_parallel: true,
        capabilities: capabilities(mode)
      })
    ),
    HttpRouter.post(
      "/init",
      Effect.gen(function*() {
        yield* clients.init(yield* testId, yield* bodyOf(Init))
        return yield* json({ success: true })
      })
    ),
    HttpRouter.post("/capture", capture((client) => client.capture)),
    HttpRouter.post("/capture_ai", capture((client) => client.captureAi)),
    HttpRouter.post(
      "/flush",
      withClient((client) =>
        Effect.flatMap(client.flush, (delivered) => json({ success: true, events_flushed: delivered }))
      )
    ),
    HttpRouter.post(
      "/get_feature_flag",
      withClient((client) =>
        Effect.gen(function*() {
          const value = yield* client.getFeatureFlag(yield* bodyOf(GetFeatureFlag))
          return yield* json({ success: true, value })
        })
      )
    ),
    HttpRouter.get(
      "/state",
      Effect.gen(function*() {
        const client = yield* clients.get(yield* testId)
        return yield* json(Option.isNone(client) ? noState : yield* client.value.state)
      })
    ),
    HttpRouter.post(
      "/reset",
      Effect.gen(function*() {
        yield* clients.reset(yield* testId)
        return yield* json({ success: true })
      })
    )
  )
}

/**
 * Serves the adapter. When the layer's scope closes every client is discarded.
 */
export const layer = (mode: Mode): Layer.Layer<never, never, HttpServer.HttpServer | HttpClient.HttpClient> =>
  Layer.scopedDiscard(Effect.gen(function*() {
    const clients = yield* Clients.make(mode)
    const app = routes(clients, mode, yield* sdk).pipe(
      Effect.catchTag("RouteNotFound", () => HttpServerResponse.empty({ status: 404 })),
      Effect.catchAllCause((cause) =>
        Cause.isInterruptedOnly(cause) ? Effect.failCause(cause) : failed(String(Cause.squash(cause)))
      )
    )
    yield* HttpServer.serveEffect(app)
  })).pipe(HttpMiddleware.withTracerDisabledWhen(() => true))
