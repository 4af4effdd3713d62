// Generated from packages/testkit/src/PostHogServer.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * A PostHog-compatible server inside the test process: real HTTP on a real socket, everything else in memory.
 *
 * It evaluates flags, serves definitions and accepts events as PostHog does, records what arrives, and fails on command.
 *
 * @since 3.0.0
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as HttpMiddleware from "effect/http/HttpMiddleware"
import * as HttpServer from "effect/http/HttpServer"
import type * as HttpServerError from "effect/http/HttpServerError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import * as Http from "node:http"
import * as ErrorTracking from "./ErrorTracking.ts"
import type * as Fault from "./Fault.ts"
import * as Definitions from "./internal/project/definitions.ts"
import { groupId, initialState } from "./internal/project/project.ts"
import * as Connections from "./internal/server/connections.ts"
import * as FaultScript from "./internal/server/faultScript.ts"
import * as HttpApplication from "./internal/server/httpApplication.ts"
import * as RequestLog from "./internal/server/requestLog.ts"
import type { Arrival, Endpoint, ReceivedEvent, ReceivedException, RecordedRequest } from "./Recording.ts"
import { BatchBody, EventsBody, FlagsBody } from "./Recording.ts"
import type { RemoteFlag } from "./RemoteFlag.ts"

/**
 * What the server starts with. A test can change most of it while the server runs; `reset` returns to it.
 *
 * @since 3.0.0
 * @category configuration
 */
export interface Options {
  /** A definitions document, which need not be valid. Default: a document without flags. */
  readonly definitions?: unknown
  /** Default: `"phc_test"`. */
  readonly projectKey?: string | undefined
  /** Default: `"phs_test"`. */
  readonly secretKey?: string | undefined
  /** Default: 0, any free port. */
  readonly port?: number | undefined
  /** Default: `"127.0.0.1"`. */
  readonly host?: string | undefined
  /** Stored persons: distinct id to properties. */
  readonly persons?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined
  /** Stored groups: group type to group key to properties. */
  readonly groups?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>> | undefined
  /** Flags that the server decides in this way, whatever the definitions say. */
  readonly remoteFlags?: Readonly<Record<string, RemoteFlag>> | undefined
  /** The shape of `/flags` answers: the current one, or that of older servers. Default: `"v4"`. */
  readonly flagsShape?: "v4" | "v3" | undefined
  /** How many requests, and how many events, the server remembers; it forgets the oldest. Default: unlimited. */
  readonly capacity?: number | undefined
  /** How many bytes of requests, and of events, the server remembers; it forgets the oldest. Default: 64 MiB. */
  readonly capacityBytes?: number | undefined
  /** The largest body, compressed and decompressed; a larger one is a 413. Default: 20 MiB, as PostHog has it. */
  readonly maxBodyBytes?: number | undefined
  /**
   * Refuses what PostHog refuses beyond the shape of a request: two events with one UUID, a `$cookieless_mode` that is
   * not a boolean, `/flags` bodies that PostHog's parser cannot read, and the like; and leaves out of the definitions
   * what PostHog leaves out. Default: true.
   */
  readonly strict?: boolean | undefined
}

/**
 * Controls a running server, and shows what arrived.
 *
 * @since 3.0.0
 * @category services
 */
export class PostHogServer extends Context.Service<PostHogServer, {
  /** Such as `http://127.0.0.1:54321`, without a slash at the end. */
  readonly url: string
  /** Everything that arrived, in order. */
  readonly requests: Effect.Effect<ReadonlyArray<RecordedRequest>>
  readonly requestsTo: (endpoint: Endpoint) => Effect.Effect<ReadonlyArray<RecordedRequest>>
  /** The requests to `flags` whose body has the right form, typed. */
  readonly flagRequests: Effect.Effect<ReadonlyArray<RecordedRequest<FlagsBody>>>
  readonly definitionRequests: Effect.Effect<ReadonlyArray<RecordedRequest>>
  /** The requests to `batch` whose body has the right form, typed. */
  readonly batchRequests: Effect.Effect<ReadonlyArray<RecordedRequest<BatchBody>>>
  /** The requests to `ai` whose body has the right form, typed. */
  readonly aiRequests: Effect.Effect<ReadonlyArray<RecordedRequest<BatchBody>>>
  /** The requests to `events` whose body has the right form, typed. */
  readonly eventsRequests: Effect.Effect<ReadonlyArray<RecordedRequest<EventsBody>>>
  /** Every event that the server accepted, in order, on any endpoint. An event that was sent twice is here twice. */
  readonly events: Effect.Effect<ReadonlyArray<ReceivedEvent>>
  /** Every `$exception` among the events, with what PostHog's error tracking makes of it. */
  readonly exceptions: Effect.Effect<ReadonlyArray<ReceivedException>>
  /** What arrives from the subscription on. A subscriber that falls 1,024 behind misses the oldest. */
  readonly arrivals: Stream.Stream<Arrival>
  /** Serves another document from now on. Its ETag differs unless the content is the same. */
  readonly setDefinitions: (document: unknown) => Effect.Effect<void>
  /** Replaces all flags that the server decides whatever the definitions say. */
  readonly setRemoteFlags: (flags: Readonly<Record<string, RemoteFlag>>) => Effect.Effect<void>
  /** Replaces the stored properties of a person. */
  readonly setPerson: (distinctId: string, properties: Readonly<Record<string, unknown>>) => Effect.Effect<void>
  /** Replaces the stored properties of a group. */
  readonly setGroup: (
    type: string,
    key: string | number,
    properties: Readonly<Record<string, unknown>>
  ) => Effect.Effect<void>
  /** Sets the shape of `/flags` answers from now on. */
  readonly setFlagsShape: (shape: "v4" | "v3") => Effect.Effect<void>
  /** Appends faults for the next requests to the endpoint, one for each. After them the server answers normally. */
  readonly script: (endpoint: Endpoint, ...faults: ReadonlyArray<Fault.Fault>) => Effect.Effect<void>
  /** Meets every request to the endpoint with this fault from now on, unless `script` has one for it. */
  readonly always: (endpoint: Endpoint, fault: Fault.Fault) => Effect.Effect<void>
  /** Clears what `script` and `always` set, for one endpoint or for all. Requests that hang continue to hang. */
  readonly clear: (endpoint?: Endpoint) => Effect.Effect<void>
  /** Resolves with the requests to the endpoint once this many have arrived since the start or the last `reset`. */
  readonly awaitRequests: (endpoint: Endpoint, count: number) => Effect.Effect<ReadonlyArray<RecordedRequest>>
  /** Resolves with all events once this many have been accepted since the start or the last `reset`. */
  readonly awaitEvents: (count: number) => Effect.Effect<ReadonlyArray<ReceivedEvent>>
  /** How many client sockets are open. */
  readonly openConnections: Effect.Effect<number>
  /** Resolves when at most this many client sockets are open. The server notices a closed socket after a moment. */
  readonly awaitConnections: (atMost: number) => Effect.Effect<void>
  /** Forgets what was recorded, scripted and set, and returns to the options. Connections stay open. */
  readonly reset: Effect.Effect<void>
}>()("@effect-posthog/testkit/PostHogServer") {
  /**
   * The layer of this service: {@link layer}.
   */
  static readonly layer = (options: Options = {}): Layer.Layer<PostHogServer, HttpServerError.ServeError> =>
    Layer.effect(PostHogServer, make(options))
}

const urlOf = (address: HttpServer.HttpServer["Service"]["address"]): string => HttpServer.formatAddress(address)

/**
 * Starts a server that lives as long as the scope; {@link layer} is this as a layer.
 *
 * @since 3.0.0
 * @category constructors
 */
export const make = Effect.fnUntraced(function*(options: Options = {}) {
  const initial = initialState(options)
  const project = {
    projectKey: options.projectKey ?? "phc_test",
    secretKey: options.secretKey ?? "phs_test",
    strict: options.strict ?? true,
    state: yield* Ref.make(initial)
  }
  const host = options.host ?? "127.0.0.1"
  const log = yield* RequestLog.make(
    options.capacity ?? Number.POSITIVE_INFINITY,
    options.capacityBytes ?? 64 * 1024 * 1024
  )
  const faults = FaultScript.make()
  const nodeServer = Http.createServer()
  const connections = Connections.track(nodeServer)
  const server = yield* NodeHttpServer.make(() => nodeServer, {
    port: options.port ?? 0,
    host
  })
  const limits = { boundTo: host, maxBodyBytes: options.maxBodyBytes ?? 20 * 1024 * 1024 }
  yield* server.serve(HttpApplication.make(project, log, faults, limits)).pipe(
    // The server stands for another process: its spans do not belong in the trace of the program under test.
    Effect.provideService(HttpMiddleware.TracerDisabledWhen, () => true)
  )
  // Closing a server waits for its connections and may answer what it interrupts: this runs before, being added last.
  yield* Effect.addFinalizer(() => connections.destroyAll)

  const requestsTo = (endpoint: Endpoint) =>
    Effect.map(log.requests, (requests) => requests.filter((request) => request.endpoint === endpoint))
  const typed = <A, I>(endpoint: Endpoint, schema: Schema.Codec<A, I>) => {
    const isBody = Schema.is(schema)
    return Effect.map(
      requestsTo(endpoint),
      (requests) => requests.filter((request): request is RecordedRequest<A> => isBody(request.body))
    )
  }

  return PostHogServer.of({
    url: urlOf(server.address),
    requests: log.requests,
    requestsTo,
    flagRequests: typed("flags", FlagsBody),
    definitionRequests: requestsTo("definitions"),
    batchRequests: typed("batch", BatchBody),
    aiRequests: typed("ai", BatchBody),
    eventsRequests: typed("events", EventsBody),
    events: log.events,
    exceptions: Effect.map(log.events, (events) =>
      events
        .filter(({ event }) => event === "$exception")
        .map((event) => ({ event, ...ErrorTracking.process(event.properties) }))),
    arrivals: log.arrivals,
    setDefinitions: (document) =>
      Ref.update(project.state, (state) => ({ ...state, definitions: Definitions.make(document) })),
    setRemoteFlags: (remoteFlags) => Ref.update(project.state, (state) => ({ ...state, remoteFlags })),
    setPerson: (distinctId, properties) =>
      Ref.update(project.state, (state) => ({
        ...state,
        persons: HashMap.set(state.persons, distinctId, properties)
      })),
    setGroup: (type, key, properties) =>
      Ref.update(project.state, (state) => ({
        ...state,
        groups: HashMap.set(state.groups, groupId(type, key), properties)
      })),
    setFlagsShape: (flagsShape) => Ref.update(project.state, (state) => ({ ...state, flagsShape })),
    script: (endpoint, ...scripted) => faults.script(endpoint, scripted),
    always: faults.always,
    clear: faults.clear,
    awaitRequests: (endpoint, count) => Effect.andThen(log.awaitRequests(endpoint, count), requestsTo(endpoint)),
    awaitEvents: (count) => Effect.andThen(log.awaitEvents(count), log.events),
    openConnections: connections.open,
    awaitConnections: connections.awaitAtMost,
    reset: Effect.all([log.clear, faults.clear(), Ref.set(project.state, initial)], { discard: true })
  })
})

/**
 * A server that listens until the layer's scope closes.
 *
 * **When to use**
 *
 * When the HTTP exchange itself is under test, or when the client is not this library.
 *
 * **Details**
 *
 * Building the layer fails when the port is taken. Closing its scope is prompt: the server destroys the connections of
 * requests that hang. Times (`Fault.delay`, `arrivedAt`) are those of the `Clock` under which the layer is built: under a
 * test clock a delayed answer waits until the test adjusts it.
 *
 * @since 3.0.0
 * @category layers
 * @example
 * ```ts
 * import { Fault, PostHogServer } from "@effect-posthog/testkit"
 * import * as FetchHttpClient from "effect/http/FetchHttpClient"
 * import * as HttpClient from "effect/http/HttpClient"
 * import * as HttpClientRequest from "effect/http/HttpClientRequest"
 * import { Effect, Layer } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const server = yield* PostHogServer.PostHogServer
 *   const client = yield* HttpClient.HttpClient
 *   const flags = HttpClientRequest.post(`${server.url}/flags/?v=2`).pipe(
 *     HttpClientRequest.bodyJsonUnsafe({ token: "phc_test", distinct_id: "ada" }),
 *     client.execute,
 *     Effect.scoped
 *   )
 *
 *   yield* server.script("flags", Fault.status(503))
 *   assert.deepStrictEqual((yield* flags).status, 503)
 *   assert.deepStrictEqual((yield* flags).status, 200)
 *
 *   const [request] = yield* server.flagRequests
 *   assert.deepStrictEqual(request?.body.distinct_id, "ada")
 * })
 *
 * const context = Layer.merge(PostHogServer.layer({ remoteFlags: { beta: true } }), FetchHttpClient.layer)
 * Effect.runPromise(Effect.provide(program, context))
 * ```
 */
export const layer: (options?: Options) => Layer.Layer<PostHogServer, HttpServerError.ServeError> = PostHogServer.layer
