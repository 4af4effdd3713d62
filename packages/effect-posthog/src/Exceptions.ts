/**
 * Reports errors to PostHog's error tracking.
 *
 * Use it by its own entry point, `effect-posthog/Exceptions`: programs that do not import it load nothing of it. Put
 * {@link withReporting}, {@link middleware}, {@link rpc} or {@link main} around the work whose failures a person should
 * look at, and {@link report} where the code deals with an error itself. Each failure and each defect of a `Cause` is one
 * event; interruptions, and errors that were reported before, are none.
 *
 * Nothing here changes what the wrapped effect does, fails, or waits for the network.
 *
 * @since 3.0.0
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRespondable from "@effect/platform/HttpServerRespondable"
import type { HttpServerResponse } from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import type { EventId, Timestamp } from "./EventDraft.ts"
import { EventQueue } from "./EventQueue.ts"
import type { FlagSnapshot } from "./FlagSnapshot.ts"
import * as boundaries from "./internal/exceptions/boundaries.ts"
import { settingsOf } from "./internal/exceptions/clientSettings.ts"
import * as keys from "./internal/exceptions/eventProperties.ts"
import { type LogRecord, recordOf } from "./internal/exceptions/logRecord.ts"
import { ofFiber } from "./internal/exceptions/origin.ts"
import { type Found, reportTo } from "./internal/exceptions/report.ts"
import { makeSourceContext, sourceContextRef } from "./internal/exceptions/sourceContext.ts"
import type { Properties } from "./Properties.ts"

/**
 * The levels that PostHog shows.
 *
 * @since 3.0.0
 * @category models
 */
export type Level = "fatal" | "error" | "warning" | "log" | "info" | "debug"

/**
 * What a report says beside the error.
 *
 * @since 3.0.0
 * @category models
 */
export interface ReportOptions {
  /** Default: the error's own {@link severity}, else that of the boundary. */
  readonly level?: Level | undefined
  /** Default: that of the request context, else that of `flags`, else a random id without a person profile. */
  readonly distinctId?: string | undefined
  /** Group type to group key. Default: those of the request context. */
  readonly groups?: Readonly<Record<string, string | number>> | undefined
  /** The snapshot that the code branched on; its values are attached, below `properties`. */
  readonly flags?: FlagSnapshot | undefined
  /** The names that PostHog reserves for exceptions are left out. */
  readonly properties?: Properties | undefined
  /** Errors with the same fingerprint are one issue. Default: PostHog's own, made of types, places and messages. */
  readonly fingerprint?: string | undefined
  /** When it happened. Default: now. */
  readonly timestamp?: Timestamp | undefined
  /** The id of the event, of the first one where there are several. Default: a new one. */
  readonly uuid?: string | undefined
  /** Keep PostHog from deriving a location from the address that sends the event. Default: the client's option. */
  readonly disableGeoip?: boolean | undefined
}

/**
 * How a boundary reports.
 *
 * @since 3.0.0
 * @category models
 */
export interface BoundaryOptions extends ReportOptions {
  /** Whether the application dealt with the error. Default: `false`, and `true` for answers of an HTTP server. */
  readonly handled?: boolean | undefined
  /** Report defects alone, and no typed failures. Default: `false`, and `true` for {@link rpc}. */
  readonly defectsOnly?: boolean | undefined
  /** Errors not to report. */
  readonly ignore?: ((error: unknown) => boolean) | undefined
}

/**
 * How {@link middlewareWith} reports.
 *
 * @since 3.0.0
 * @category models
 */
export interface MiddlewareOptions extends BoundaryOptions {
  /** Report the failures of requests that are answered with this status or a higher one. Default: 500. */
  readonly minStatus?: number | undefined
}

/**
 * How {@link layerLoggerWith} reports.
 *
 * @since 3.0.0
 * @category models
 */
export interface LoggerOptions {
  /** Default: `"error"`. */
  readonly minimumLevel?: Exclude<Level, "log"> | undefined
  /** Errors not to report. */
  readonly ignore?: ((error: unknown) => boolean) | undefined
}

/**
 * The key of an error that is never reported. It is Effect 4's: errors keep it when they move there.
 *
 * **Example**
 *
 * ```ts
 * import { Data } from "effect"
 * import * as Exceptions from "effect-posthog/Exceptions"
 *
 * class NotFound extends Data.TaggedError("NotFound")<{ readonly id: string }> {
 *   readonly [Exceptions.ignore] = true
 * }
 *
 * assert.strictEqual(new NotFound({ id: "17" })[Exceptions.ignore], true)
 * ```
 *
 * @since 3.0.0
 * @category configuration
 */
export const ignore: "~effect/ErrorReporter/ignore" = keys.ignore

/**
 * The key of an error's own level: `"Fatal"`, `"Error"`, `"Warn"`, `"Info"`, `"Debug"` or `"Trace"`. It is Effect 4's.
 *
 * @since 3.0.0
 * @category configuration
 */
export const severity: "~effect/ErrorReporter/severity" = keys.severity

/**
 * The key of what an error adds to its event: a record, below the properties of the report. It is Effect 4's.
 *
 * @since 3.0.0
 * @category configuration
 */
export const attributes: "~effect/ErrorReporter/attributes" = keys.attributes

/**
 * The key of an error's own fingerprint: errors with the same one are one issue.
 *
 * @since 3.0.0
 * @category configuration
 */
export const fingerprint: "~effect-posthog/Exceptions/fingerprint" = keys.fingerprint

const reportFrom = (
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  boundary: boundaries.Boundary,
  what: unknown,
  options: BoundaryOptions,
  found?: Found
): Effect.Effect<Option.Option<EventId>> => {
  const queue: EventQueue["Type"] | undefined = fiber.currentContext.unsafeMap.get(EventQueue.key)
  return queue === undefined
    ? Effect.succeedNone
    : reportTo(fiber, queue, boundary, what, options, () => ofFiber(fiber), found)
}

/**
 * Reports an error, any other value, or a `Cause`, and gives the id of the event.
 *
 * **When to use**
 *
 * For errors that the code deals with: a fallback, a retry that gave up, a `catch` in code that is not Effect's.
 *
 * **Details**
 *
 * Gives `None` when there is nothing to report (an interruption, an error that was reported before) or when the queue did
 * not take the event. A cause with several failures becomes as many events, ten at most; the id is that of the first.
 *
 * **Example**
 *
 * ```ts
 * import { Effect, Option } from "effect"
 * import { EventQueue } from "effect-posthog"
 * import * as Exceptions from "effect-posthog/Exceptions"
 *
 * const program = Effect.fail(new Error("no connection")).pipe(
 *   Effect.catchAll((error) => Exceptions.report(error, { level: "warning" }))
 * )
 *
 * const id = Effect.runSync(Effect.provide(program, EventQueue.layerNoop))
 * assert.ok(Option.isNone(id))
 * ```
 *
 * @since 3.0.0
 * @category constructors
 */
export const report = (
  what: unknown,
  options: ReportOptions = {}
): Effect.Effect<Option.Option<EventId>, never, EventQueue> =>
  Effect.withFiberRuntime((fiber) => reportFrom(fiber, boundaries.report, what, options))

type TellCause = <E>(cause: Cause.Cause<E>) => Effect.Effect<never, E>

const thenFail = <E>(reported: Effect.Effect<unknown>, cause: Cause.Cause<E>): Effect.Effect<never, E> =>
  Exit.isExit(reported)
    ? Effect.failCause(cause)
    : Effect.zipRight(Effect.uninterruptible(reported), Effect.failCause(cause))

const tellingAt = (boundary: boundaries.Boundary, options: BoundaryOptions): TellCause => (cause) =>
  Effect.withFiberRuntime((fiber) => thenFail(reportFrom(fiber, boundary, cause, options), cause))

const tellFiber = tellingAt(boundaries.fiber, {})

/**
 * Reports the failures and defects of an effect, which then fails with the same cause.
 *
 * **When to use**
 *
 * Around work whose failures a person should look at: a job, a consumer's handler, a background fiber. Shaped like
 * `Effect.withErrorReporting` of Effect 4: bare in a pipe, with options, or with the effect first.
 *
 * **Details**
 *
 * `{ defectsOnly: true }` leaves typed failures alone. An effect that succeeds pays one closure.
 *
 * **Example**
 *
 * ```ts
 * import { Effect, Exit } from "effect"
 * import { EventQueue } from "effect-posthog"
 * import * as Exceptions from "effect-posthog/Exceptions"
 *
 * const job = Effect.fail("out of paper").pipe(Exceptions.withReporting)
 *
 * const exit = Effect.runSyncExit(Effect.provide(job, EventQueue.layerNoop))
 * assert.deepStrictEqual(exit, Exit.fail("out of paper"))
 * ```
 *
 * @since 3.0.0
 * @category combinators
 */
export const withReporting: <
  Arg extends Effect.Effect<unknown, unknown, unknown> | BoundaryOptions | undefined = BoundaryOptions
>(
  selfOrOptions?: Arg,
  options?: BoundaryOptions
) => [Arg] extends [Effect.Effect<infer A, infer E, infer R>] ? Effect.Effect<A, E, R | EventQueue>
  : <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R | EventQueue> = (
    selfOrOptions?: Effect.Effect<unknown, unknown, unknown> | BoundaryOptions,
    options?: BoundaryOptions
  ) => {
    const given = Effect.isEffect(selfOrOptions) ? options : selfOrOptions
    const tell = given === undefined ? tellFiber : tellingAt(boundaries.fiber, given)
    const wrap = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => Effect.catchAllCause(self, tell)
    return (Effect.isEffect(selfOrOptions) ? wrap(selfOrOptions) : wrap) as never
  }

/**
 * Reports what ends a program, at level `fatal`, delivers all events, and lets it fail.
 *
 * **When to use**
 *
 * As the outermost combinator of a program, within the layer:
 * `program.pipe(Exceptions.main, Effect.provide(PostHogLive), NodeRuntime.runMain)`. For failures while layers are built
 * see {@link tapLayer}.
 *
 * **Details**
 *
 * Delivery may take `events.shutdownTimeout`. An interruption, the end of a program that is told to stop, is not reported.
 *
 * @since 3.0.0
 * @category combinators
 */
export const main = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | EventQueue> =>
  Effect.catchAllCause(self, (cause) =>
    Effect.flatMap(EventQueue, (queue) => {
      if (Cause.isInterruptedOnly(cause)) return Effect.failCause(cause)
      const flushed = Effect.timeoutOption(
        Effect.interruptible(queue.flush),
        settingsOf(queue).shutdownTimeout
      )
      return Effect.withFiberRuntime((fiber) =>
        thenFail(
          Effect.zipRight(
            reportFrom(fiber, boundaries.main, cause, {}),
            Effect.catchAllCause(flushed, () => Effect.void)
          ),
          cause
        )
      )
    }))

const answeredForItself = (error: unknown): boolean | undefined =>
  HttpServerRespondable.isRespondable(error) ? true : undefined

/**
 * {@link middleware} with options.
 *
 * @since 3.0.0
 * @category combinators
 */
export const middlewareWith = (options: MiddlewareOptions) => {
  const { minStatus = 500 } = options ?? {}
  const tell = (cause: Cause.Cause<unknown>, status: number): Effect.Effect<unknown> =>
    status < minStatus
      ? Effect.void
      : Effect.withFiberRuntime((fiber) =>
        reportFrom(fiber, boundaries.middleware, cause, options, {
          properties: { $response_status_code: status },
          handled: answeredForItself
        })
      )
  return <E, R>(app: Effect.Effect<HttpServerResponse, E, R>): Effect.Effect<HttpServerResponse, E, R | EventQueue> =>
    Effect.catchAllCause(app, (cause) =>
      thenFail(
        Effect.matchCauseEffect(HttpServerError.causeResponse(cause), {
          onFailure: () => tell(cause, 500),
          onSuccess: ([response]) => tell(cause, response.status)
        }),
        cause
      ))
}

/**
 * Reports the failures of requests to an `@effect/platform` HTTP server that are answered with a status of 500 or above.
 *
 * **When to use**
 *
 * In `HttpServer.serve(...)` or `HttpRouter.use(...)`, inside of `RequestContext.middleware`, so that the events carry the
 * identity of the request.
 *
 * **Details**
 *
 * Not reported: routes that are not found, clients that go away, errors declared on an `HttpApi` (they are answers), and
 * streams that break after the head of the response was sent (the server sees no failure then).
 *
 * **Example**
 *
 * ```ts
 * import { HttpRouter } from "@effect/platform"
 * import { Effect, flow } from "effect"
 * import { RequestContext } from "effect-posthog"
 * import * as Exceptions from "effect-posthog/Exceptions"
 *
 * const router = HttpRouter.empty.pipe(
 *   HttpRouter.get("/", Effect.die("no template")),
 *   HttpRouter.use(flow(Exceptions.middleware, RequestContext.middleware))
 * )
 *
 * assert.ok(Effect.isEffect(router))
 * ```
 *
 * @since 3.0.0
 * @category combinators
 */
export const middleware: <E, R>(
  app: Effect.Effect<HttpServerResponse, E, R>
) => Effect.Effect<HttpServerResponse, E, R | EventQueue> = middlewareWith({})

/**
 * {@link rpc} with options.
 *
 * @since 3.0.0
 * @category combinators
 */
export const rpcWith = (options: BoundaryOptions) => {
  const tell = tellingAt(boundaries.rpc, options)
  return <A, E, R>(call: { readonly next: Effect.Effect<A, E, R> }): Effect.Effect<A, E, R | EventQueue> =>
    Effect.catchAllCause(call.next, tell)
}

/**
 * Reports the defects of procedures of an `@effect/rpc` server: the body of an `RpcMiddleware` with `wrap: true`.
 *
 * **Details**
 *
 * Typed failures are answers to the client; `rpcWith({ defectsOnly: false })` reports them too.
 *
 * @since 3.0.0
 * @category combinators
 */
export const rpc: <A, E, R>(
  call: { readonly next: Effect.Effect<A, E, R> }
) => Effect.Effect<A, E, R | EventQueue> = rpcWith({})

const waitingRecords = 1000

const reportRecord = (queue: EventQueue["Type"], record: LogRecord, options: LoggerOptions): Effect.Effect<unknown> =>
  Effect.withFiberRuntime((fiber) =>
    Effect.forEach(
      record.failures,
      (failure) =>
        reportTo(fiber, queue, { ...boundaries.logger, level: record.level }, failure, options, () => record.origin),
      { discard: true }
    )
  )

/**
 * {@link layerLogger} with options.
 *
 * @since 3.0.0
 * @category layers
 */
export const layerLoggerWith = (options: LoggerOptions): Layer.Layer<never, never, EventQueue> =>
  Logger.addScoped(Effect.gen(function*() {
    const events = yield* EventQueue
    const records = yield* Queue.sliding<LogRecord>(waitingRecords)
    const tell = (record: LogRecord) => reportRecord(events, record, options)
    // What was logged before the end is reported.
    yield* Effect.addFinalizer(() => Effect.flatMap(Queue.takeAll(records), Effect.forEach(tell, { discard: true })))
    yield* Effect.forkScoped(
      Effect.forever(Effect.uninterruptibleMask((restore) => Effect.flatMap(restore(Queue.take(records)), tell)))
    )
    return Logger.make((given) => {
      const record = recordOf(given, options.minimumLevel ?? "error")
      if (record !== undefined) records.unsafeOffer(record)
    })
  }))

/**
 * Reports what is logged at level `Error` or above with a cause or an error.
 *
 * **When to use**
 *
 * For failures that others catch and log: libraries, a cluster's entities. For your own work {@link withReporting} and
 * {@link middleware} know more.
 *
 * **Details**
 *
 * Adds a logger and replaces none. What the library itself logs is not reported.
 *
 * @since 3.0.0
 * @category layers
 */
export const layerLogger: Layer.Layer<never, never, EventQueue> = layerLoggerWith({})

/**
 * Sends, with each frame of the application's own code, its source line and five lines on each side.
 *
 * **Details**
 *
 * Without it no source code leaves the machine. Bundled code needs it not: PostHog finds the lines in the source maps
 * that were uploaded.
 *
 * @since 3.0.0
 * @category layers
 */
export const layerSourceContext: Layer.Layer<never, never, FileSystem.FileSystem> = Layer.scopedDiscard(
  Effect.flatMap(
    FileSystem.FileSystem,
    (fileSystem) => Effect.locallyScoped(sourceContextRef, makeSourceContext(fileSystem))
  )
)

/**
 * Reports why a layer could not be built.
 *
 * **Example**
 *
 * ```ts
 * import { Effect, Layer } from "effect"
 * import * as Exceptions from "effect-posthog/Exceptions"
 *
 * const Database = Layer.fail("no database").pipe(Exceptions.tapLayer)
 *
 * assert.ok(Layer.isLayer(Database))
 * ```
 *
 * @since 3.0.0
 * @category layers
 */
export const tapLayer = <A, E, R>(layer: Layer.Layer<A, E, R>): Layer.Layer<A, E, R | EventQueue> =>
  Layer.tapErrorCause(
    layer,
    (cause) =>
      Effect.withFiberRuntime<unknown, never, EventQueue>((fiber) =>
        Effect.uninterruptible(reportFrom(fiber, boundaries.layer, cause, {}))
      )
  )
