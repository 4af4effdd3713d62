import { Entity, TestRunner } from "@effect/cluster"
import {
  HttpApi,
  HttpApiBuilder,
  HttpApiEndpoint,
  HttpApiGroup,
  HttpApiSchema,
  type HttpApp,
  HttpClient,
  HttpRouter,
  HttpServer,
  HttpServerRespondable,
  HttpServerResponse
} from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { Rpc, RpcGroup, RpcMiddleware, RpcTest } from "@effect/rpc"
import { assert, describe, it } from "@effect/vitest"
import { Data, Deferred, Effect, Exit, flow, Layer, Logger, Schema, Stream } from "effect"
import { type EventQueue, type PostHogEvent, RequestContext } from "effect-posthog"
import * as Exceptions from "effect-posthog/Exceptions"
import { request } from "node:http"
import { exceptions, listOf, mechanismOf, reportedBy, testLayer } from "../support/exceptions.ts"

type Services = Layer.Layer.Success<ReturnType<typeof testLayer>>

const live = <E>(name: string, body: Effect.Effect<void, E, Services>) =>
  it.scopedLive(name, () => Effect.provide(body, Layer.merge(testLayer(), quiet)))

const quiet = Logger.remove(Logger.defaultLogger)

const summary = (event: PostHogEvent | undefined) => ({
  type: listOf(event)[0]?.type,
  value: listOf(event)[0]?.value,
  mechanism: mechanismOf(event)["type"],
  handled: mechanismOf(event)["handled"],
  level: event?.properties["$exception_level"],
  source: event?.properties["$exception_source"]
})

class Gone extends Data.TaggedError("Gone")<{ readonly id: number }> {}

class Teapot extends Schema.TaggedError<Teapot>()(
  "Teapot",
  { message: Schema.String },
  HttpApiSchema.annotations({ status: 500 })
) {}

/** Requests to an application on a real socket, and what was reported until its server stopped. */
const served = <E, R>(
  app: HttpApp.Default<E, R>,
  paths: ReadonlyArray<string>,
  middleware: typeof Exceptions.middleware = (app) => app
) =>
  Effect.gen(function*() {
    yield* Effect.scoped(
      Effect.gen(function*() {
        yield* HttpServer.serveEffect(app, middleware)
        const client = yield* HttpClient.HttpClient
        for (const path of paths) yield* Effect.scoped(client.get(path))
      }).pipe(Effect.provide(NodeHttpServer.layerTest))
    )
    return yield* exceptions
  })

const router = HttpRouter.empty.pipe(
  HttpRouter.get("/", HttpServerResponse.text("fine")),
  HttpRouter.get("/failure", Effect.fail(new Gone({ id: 1 }))),
  HttpRouter.get("/defect", Effect.die(new RangeError("broken"))),
  HttpRouter.get("/answer", HttpServerResponse.text("sorry", { status: 503 })),
  HttpRouter.get("/stop", Effect.interrupt),
  HttpRouter.get(
    "/stream",
    HttpServerResponse.stream(Stream.concat(Stream.make(new TextEncoder().encode("head")), Stream.die("late")))
  )
)

const paths = ["/", "/failure", "/defect", "/answer", "/missing", "/stop"]

describe("an HTTP server", () => {
  const expected = [
    {
      type: "Gone",
      value: "",
      mechanism: "middleware",
      handled: false,
      level: "error",
      source: "effect.http_middleware"
    },
    {
      type: "RangeError",
      value: "broken",
      mechanism: "middleware",
      handled: false,
      level: "error",
      source: "effect.http_middleware"
    }
  ]

  live(
    "reports failures and defects around the whole application, and neither answers nor routes that are not found",
    Effect.gen(function*() {
      const events = yield* served(router, paths, Exceptions.middleware)
      assert.deepStrictEqual(events.map(summary), expected)
      assert.deepStrictEqual(events.map(({ properties }) => properties["$response_status_code"]), [500, 500])
    })
  )

  live(
    "reports the same from within a router",
    Effect.gen(function*() {
      const events = yield* served(HttpRouter.use(router, Exceptions.middleware), paths)
      assert.deepStrictEqual(events.map(summary), expected)
    })
  )

  live(
    "reports once when the middleware stands in both places",
    Effect.gen(function*() {
      const events = yield* served(HttpRouter.use(router, Exceptions.middleware), paths, Exceptions.middleware)
      assert.strictEqual(events.length, 2)
    })
  )

  live(
    "knows the request when the request's context is around it",
    Effect.gen(function*() {
      const app = HttpRouter.use(
        router,
        flow(
          Exceptions.middleware,
          (app) =>
            RequestContext.with(app, { distinctId: "user-17", sessionId: "session-1", properties: { plan: "pro" } })
        )
      )
      const [event] = yield* served(app, ["/defect"])
      assert.strictEqual(event?.distinctId, "user-17")
      assert.strictEqual(event?.properties["$session_id"], "session-1")
      assert.strictEqual(event?.properties["plan"], "pro")
    })
  )

  live(
    "reports lower statuses when it is told to, and ignores what it is told to ignore",
    Effect.gen(function*() {
      const events = yield* served(
        HttpRouter.use(router, Exceptions.middlewareWith({ ignore: (error) => error instanceof Gone })),
        ["/failure", "/missing"],
        Exceptions.middlewareWith({ minStatus: 404 }) as never
      )
      // The outer middleware was not told to ignore anything.
      assert.deepStrictEqual(events.map((event) => summary(event).type), ["Gone", "RouteNotFound"])
    })
  )

  live(
    "sees no failure when a stream breaks after the head was sent",
    Effect.gen(function*() {
      const events = yield* served(HttpRouter.use(router, Exceptions.middleware), ["/stream"], Exceptions.middleware)
      assert.deepStrictEqual(events, [])
    })
  )

  live(
    "reports nothing when a client goes away",
    Effect.gen(function*() {
      const arrived = yield* Deferred.make<void>()
      const ended = yield* Deferred.make<Exit.Exit<unknown>>()
      const app = HttpRouter.empty.pipe(
        HttpRouter.get("/", Effect.zipRight(Deferred.succeed(arrived, undefined), Effect.never)),
        HttpRouter.use((app) => Effect.onExit(Exceptions.middleware(app), (exit) => Deferred.succeed(ended, exit))),
        Exceptions.middleware
      )
      yield* Effect.scoped(
        Effect.gen(function*() {
          yield* HttpServer.serveEffect(app)
          const { address } = yield* HttpServer.HttpServer
          const port = address._tag === "TcpAddress" ? address.port : 0
          const sent = request({ port, host: "127.0.0.1" })
          sent.on("error", () => {})
          sent.end()
          yield* Deferred.await(arrived)
          sent.destroy()
          yield* Deferred.await(ended)
        }).pipe(Effect.provide(NodeHttpServer.layerTest))
      )
      assert.deepStrictEqual(yield* exceptions, [])
    })
  )

  live(
    "of an HttpApi, errors that it declares are answers, whatever their status, and defects are reported",
    Effect.gen(function*() {
      const api = HttpApi.make("api").add(
        HttpApiGroup.make("kitchen")
          .add(HttpApiEndpoint.get("tea", "/tea").addError(Teapot))
          .add(HttpApiEndpoint.get("coffee", "/coffee"))
      )
      const group = HttpApiBuilder.group(api, "kitchen", (handlers) =>
        handlers
          .handle("tea", () => Effect.fail(new Teapot({ message: "empty" })))
          .handle("coffee", () => Effect.die(new RangeError("no beans"))))
      const layer = Layer.provide(HttpApiBuilder.api(api), group)
      const app = yield* Effect.provide(HttpApiBuilder.httpApp, [
        layer,
        HttpApiBuilder.Router.Live,
        HttpApiBuilder.Middleware.layer
      ])
      const events = yield* served(app, ["/tea", "/coffee"], Exceptions.middleware)
      assert.deepStrictEqual(events.map((event) => summary(event).value), ["no beans"])
    }) as Effect.Effect<void, unknown, Services>
  )

  it.effect("an error that answers for itself counts as handled", () =>
    Effect.gen(function*() {
      class Busy extends Data.TaggedError("Busy")<{}> implements HttpServerRespondable.Respondable {
        [HttpServerRespondable.symbol]() {
          return HttpServerResponse.empty({ status: 503 })
        }
      }
      const [event] = yield* reportedBy(Exceptions.middleware(Effect.fail(new Busy())))
      assert.strictEqual(mechanismOf(event)["handled"], true)
      assert.strictEqual(event?.properties["$response_status_code"], 503)
    }).pipe(Effect.provide(testLayer())))
})

describe("an RPC server", () => {
  class Reporting extends RpcMiddleware.Tag<Reporting>()("Reporting", { wrap: true }) {}
  const group = RpcGroup.make(
    Rpc.make("fail", { error: Schema.String }),
    Rpc.make("die", { error: Schema.String })
  ).middleware(Reporting)
  const handlers = group.toLayer({
    fail: () => Effect.fail("declared"),
    die: () => Effect.die(new RangeError("broken"))
  })
  const reportingWith = (rpc: typeof Exceptions.rpc) =>
    Layer.effect(
      Reporting,
      Effect.map(Effect.context<EventQueue>(), (context) => (call) => Effect.provide(rpc(call), context))
    )
  const call = (rpc: typeof Exceptions.rpc) =>
    Effect.gen(function*() {
      const client = yield* RpcTest.makeClient(group)
      const exits = [yield* Effect.exit(client.fail()), yield* Effect.exit(client.die())]
      assert.deepStrictEqual(exits[0], Exit.fail("declared"))
      assert.isTrue(Exit.isFailure(exits[1] ?? Exit.void))
    }).pipe(
      Effect.scoped,
      Effect.provide(Layer.provideMerge(reportingWith(rpc), handlers)),
      Effect.zipRight(exceptions)
    )

  live(
    "reports defects of its procedures",
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* call(Exceptions.rpc)).map(summary), [{
        type: "RangeError",
        value: "broken",
        mechanism: "middleware",
        handled: false,
        level: "error",
        source: "effect.rpc_middleware"
      }])
    })
  )

  live(
    "reports declared failures too when it is told to",
    Effect.gen(function*() {
      const events = yield* call(Exceptions.rpcWith({ defectsOnly: false }))
      assert.deepStrictEqual(events.map((event) => summary(event).value), ["declared", "broken"])
    })
  )
})

describe("an entity of a cluster", () => {
  live(
    "that dies is reported by the logger",
    Effect.gen(function*() {
      const Counter = Entity.make("Counter", [Rpc.make("add")])
      let died = false
      const entities = Counter.toLayer({
        add: () =>
          Effect.suspend(() => {
            if (died) return Effect.void
            died = true
            return Effect.die(new RangeError("overflow"))
          })
      })
      yield* Effect.flatMap(Counter.client, (clientOf) => clientOf("a").add(undefined)).pipe(
        Effect.provide(entities.pipe(Layer.provideMerge(TestRunner.layer), Layer.provide(Exceptions.layerLogger)))
      )
      const [event] = yield* exceptions
      assert.deepStrictEqual(summary(event), {
        type: "RangeError",
        value: "overflow",
        mechanism: "logger",
        handled: true,
        level: "error",
        source: "effect.logger"
      })
    }) as Effect.Effect<void, unknown, Services>
  )
})
