/**
 * The client for code beside Effect: plain functions and promises.
 *
 * An entry point of its own, `effect-posthog/PostHogPromise`, which the root does not re-export. Programs in Effect use
 * `PostHog.layer`.
 *
 * @since 3.0.0
 */
/// <reference lib="esnext.disposable" preserve="true" />
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { FlagErrorCode } from "./Decision.ts"
import type { DefinitionsChange, DefinitionsStatus } from "./Definitions.ts"
import { evaluateFlags } from "./EvaluateFlags.ts"
import type { EvaluationRequest } from "./EvaluateFlags.ts"
import type { EventId } from "./EventDraft.ts"
import { EventQueue } from "./EventQueue.ts"
import * as Events from "./Events.ts"
import type { InvalidEventError } from "./Events.ts"
import type { ReportOptions } from "./Exceptions.ts"
import type { Flag, FlagKeys, Registry } from "./Flag.ts"
import { orPartial } from "./Flags.ts"
import type { FlagDetail, FlagSnapshot } from "./FlagSnapshot.ts"
import { annotated } from "./internal/library.ts"
import { LocalEvaluator } from "./LocalEvaluator.ts"
import * as PostHog from "./PostHog.ts"
import type { Options } from "./PostHogConfig.ts"
import type { PostHogConfigError } from "./PostHogConfigError.ts"

/**
 * The flags of one evaluation, as `FlagSnapshot`. Values are read at once; the exposure that `isEnabled`, `getFlag` and
 * `get` report is queued beside, once for each person, flag, value, device and groups, and `flush` waits for it.
 *
 * @since 3.0.0
 * @category models
 */
export interface PromiseSnapshot {
  /** The snapshot itself, for code in Effect. */
  readonly snapshot: FlagSnapshot
  readonly distinctId: string
  /** The keys of the flags that have a value, sorted by code unit. */
  readonly keys: ReadonlyArray<string>
  /** The server's id for the remote evaluation, if there was one. */
  readonly requestId: string | undefined
  /** What was wrong with the evaluation as a whole. */
  readonly errors: ReadonlyArray<FlagErrorCode>
  /** Whether a flag is on, in any variant. `defaultValue` (`false`) is for a flag that has no value at all. */
  readonly isEnabled: (key: string, options?: { readonly defaultValue?: boolean | undefined }) => boolean
  /** The value of a flag: a variant, `true` or `false`. `undefined`: it has none. */
  readonly getFlag: (key: string) => boolean | string | undefined
  /** The payload of a flag, decoded from JSON. Silent. */
  readonly getFlagPayload: (key: string) => unknown
  /** The value of a typed flag; rejects with `FlagValueError` when the value is none that the flag declares. */
  readonly get: <A, P>(flag: Flag<A, P>) => Promise<A | undefined>
  /** The payload of a typed flag; rejects with `FlagPayloadError` when it does not fit the flag's schema. Silent. */
  readonly payload: <A, P>(flag: Flag<A, P>) => Promise<P | undefined>
  /** How a flag came to its value. Silent. */
  readonly detail: (key: string) => FlagDetail | undefined
  /** The snapshot with these flags alone. Keys it does not have are left out, with one warning that names them. */
  readonly only: (flags: FlagKeys | Registry) => Promise<PromiseSnapshot>
  /** The snapshot with the flags alone whose value was read before; none, when none was. */
  readonly onlyAccessed: () => Promise<PromiseSnapshot>
}

/**
 * An event to capture, with the snapshot of either kind that the code branched on.
 *
 * @since 3.0.0
 * @category models
 */
export interface CaptureMessage extends Omit<Events.CaptureMessage, "flags"> {
  readonly flags?: PromiseSnapshot | FlagSnapshot | undefined
}

/**
 * What an exception says beside the error; see `ReportOptions` of `effect-posthog/Exceptions`.
 *
 * @since 3.0.0
 * @category models
 */
export interface CaptureExceptionOptions extends Omit<ReportOptions, "flags"> {
  readonly flags?: PromiseSnapshot | FlagSnapshot | undefined
}

/**
 * A client for one project. Unusable options make every promise reject with `PostHogConfigError`. The promises of
 * events resolve with the event's id once it is queued, or with `undefined` when it was not accepted, and reject with
 * `InvalidEventError` when the message cannot be sent. After `close` every promise rejects, that of
 * `close` itself aside.
 *
 * @since 3.0.0
 * @category models
 */
export interface PromiseClient {
  /**
   * Evaluates all flags for a person, or those of `flagKeys`, with one request at most. Rejects with `RemoteFlagsError`
   * when the server could not be asked; `client.snapshot(error.snapshot)` is what resolved locally.
   */
  readonly evaluateFlags: (request: EvaluationRequest) => Promise<PromiseSnapshot>
  /** The same, but a failure of the server leaves its flags out: `snapshot.errors` says why. */
  readonly evaluateFlagsOrPartial: (request: EvaluationRequest) => Promise<PromiseSnapshot>
  /** A snapshot of Effect for code beside Effect: that of a `RemoteFlagsError`, for one. */
  readonly snapshot: (snapshot: FlagSnapshot) => PromiseSnapshot
  /** Captures an event; see `Events.capture`. */
  readonly capture: (message: CaptureMessage) => Promise<EventId | undefined>
  /**
   * Reports an error that was caught, or any other value, to error tracking, by the rules of `Exceptions.report`. Never
   * rejects; `undefined` says that there was nothing to report, or that the event was not accepted.
   */
  readonly captureException: (error: unknown, options?: CaptureExceptionOptions) => Promise<EventId | undefined>
  /** Stores what is known about a person; see `Events.identify`. */
  readonly identify: (message: Events.IdentifyMessage) => Promise<EventId | undefined>
  /** Links a new id to an existing one; see `Events.alias`. */
  readonly alias: (message: Events.AliasMessage) => Promise<EventId | undefined>
  /** Stores the properties of a group; see `Events.groupIdentify`. */
  readonly groupIdentify: (message: Events.GroupIdentifyMessage) => Promise<EventId | undefined>
  /**
   * Resolves when definitions are loaded, at once without local evaluation; rejects with `DefinitionsError` when they
   * are not within the duration (10 seconds).
   */
  readonly ready: (duration?: Duration.DurationInput) => Promise<void>
  /** The state of the definitions; see `LocalEvaluator.status`. */
  readonly status: () => Promise<DefinitionsStatus>
  /**
   * Calls the listener with every change of the definitions, until the returned function is called or the client is
   * closed. An error that the listener throws is logged.
   */
  readonly onChange: (listener: (change: DefinitionsChange) => void) => () => void
  /** Runs an effect with the services of this client. Rejects with its failure. */
  readonly runPromise: <A, E>(effect: Effect.Effect<A, E, PostHog.Services>) => Promise<A>
  /** Resolves when every exposure and event before it has ended: delivered, or dropped for a reason. */
  readonly flush: () => Promise<void>
  /**
   * Waits for captures under way, for up to `events.shutdownTimeout`, delivers what is queued, for as long again at most,
   * and stops.
   */
  readonly close: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const flagsOf = (flags: PromiseSnapshot | FlagSnapshot | undefined): FlagSnapshot | undefined =>
  flags !== undefined && "snapshot" in flags ? flags.snapshot : flags

// Loaded with the first exception: most programs have none.
const captureException = (error: unknown, { flags, ...options }: CaptureExceptionOptions = {}) =>
  Effect.flatMap(EventQueue, (queue) =>
    Effect.flatMap(
      Effect.promise(() => import("./internal/exceptions/captureException.ts")),
      (exceptions) => exceptions.captureException(queue, error, { ...options, flags: flagsOf(flags) })
    )).pipe(
      Effect.catchAllCause((cause) =>
        Effect.as(annotated("PostHogPromise")(Effect.logError("An exception was not reported", cause)), undefined)
      )
    )

type Run = ManagedRuntime.ManagedRuntime<PostHog.Services, PostHogConfigError>

// A disposed runtime dies with a text instead of an error.
const errorOf = (cause: Cause.Cause<unknown>): unknown => {
  const error = Cause.squash(cause)
  return typeof error === "string" && Option.isNone(Cause.failureOption(cause))
    ? new Cause.RuntimeException("The client is closed")
    : error
}

const resolved = <A, E>(exit: Exit.Exit<A, E>): A | Promise<never> =>
  Exit.isSuccess(exit) ? exit.value : Promise.reject(errorOf(exit.cause))

/** Runs effects with the services of a client. */
interface Runner {
  /** Rejects with the failure itself. */
  readonly promise: <A, E>(effect: Effect.Effect<A, E, PostHog.Services>) => Promise<A>
  /** The same for what a flush waits for. */
  readonly queued: <A, E>(effect: Effect.Effect<A, E, PostHog.Services>) => Promise<A>
  /** The same for effects of which only the flush hears. */
  readonly background: (effect: Effect.Effect<unknown, unknown, PostHog.Services>) => void
  /** What was queued before has ended, in one way or the other. */
  readonly settled: () => Effect.Effect<void>
}

const makeRunner = (runtime: Run): Runner => {
  // Definitions load from now on, not from the first call. Why the client could not be built, every call hears anew.
  let building: Promise<unknown> | undefined = runtime.runtime().then(() => {}, () => {})
  // A step behind the calls that wait for it, so that none overtakes them.
  void building.then(() => building = undefined)
  // In the order of the calls, also of those that have to wait for the client.
  const run = <A, E>(effect: Effect.Effect<A, E, PostHog.Services>): Promise<Exit.Exit<A, E | PostHogConfigError>> =>
    building === undefined ? runtime.runPromiseExit(effect) : building.then(() => runtime.runPromiseExit(effect))

  const running = new Set<Promise<unknown>>()
  const tracked = <A, E>(effect: Effect.Effect<A, E, PostHog.Services>) => {
    const exit = run(effect)
    running.add(exit)
    return exit.finally(() => running.delete(exit))
  }
  return {
    promise: (effect) => run(effect).then(resolved),
    queued: (effect) => tracked(effect).then(resolved),
    background: (effect) => void tracked(effect),
    settled: () => {
      const before = [...running]
      return Effect.asVoid(Effect.promise(() => Promise.all(before)))
    }
  }
}

const makeSnapshot = (runner: Runner, snapshot: FlagSnapshot): PromiseSnapshot => {
  const { background, promise } = runner
  const wrap = (child: FlagSnapshot) => makeSnapshot(runner, child)
  const detail = (key: string) => Option.getOrUndefined(snapshot.detail(key))
  const getFlag = (key: string) => {
    background(snapshot.getFlag(key))
    return detail(key)?.value
  }
  return {
    snapshot,
    distinctId: snapshot.distinctId,
    keys: snapshot.keys,
    requestId: Option.getOrUndefined(snapshot.requestId),
    errors: snapshot.errors,
    detail,
    getFlag,
    isEnabled: (key, options) => {
      const value = getFlag(key)
      return value === undefined ? options?.defaultValue ?? false : value !== false
    },
    getFlagPayload: (key) => Option.getOrUndefined(snapshot.getFlagPayload(key)),
    get: (flag) => promise(snapshot.get(flag)).then(Option.getOrUndefined),
    payload: (flag) => promise(snapshot.payload(flag)).then(Option.getOrUndefined),
    only: (keys) => promise(snapshot.only(keys)).then(wrap),
    onlyAccessed: () => promise(snapshot.onlyAccessed).then(wrap)
  }
}

const notify = (listener: (change: DefinitionsChange) => void) => (change: DefinitionsChange): Effect.Effect<void> =>
  Effect.catchAllCause(
    Effect.sync(() => listener(change)),
    (cause) => annotated("PostHogPromise")(Effect.logError("A listener of onChange failed", cause))
  )

/**
 * A client that runs until it is closed. Options are those of `PostHog.layer`; requests go through `fetch` unless
 * another `HttpClient` is given.
 *
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import * as PostHogPromise from "effect-posthog/PostHogPromise"
 *
 * const client = PostHogPromise.make({ apiKey: Redacted.make(""), enabled: false })
 *
 * const flags = await client.evaluateFlags({ distinctId: "user-17" })
 * const checkout = flags.isEnabled("new-checkout") ? "new" : "old"
 * await client.capture({ event: "checkout started", distinctId: "user-17", properties: { checkout }, flags })
 * await client.close()
 *
 * assert.strictEqual(checkout, "old")
 * ```
 *
 * @since 3.0.0
 * @category constructors
 */
export const make = (
  options: Options,
  httpClient: Layer.Layer<HttpClient.HttpClient> = FetchHttpClient.layer
): PromiseClient => {
  const runtime = ManagedRuntime.make(PostHog.layer(options).pipe(Layer.provide(httpClient)))
  const runner = makeRunner(runtime)
  const { promise, queued, settled } = runner
  const snapshot = (flags: FlagSnapshot) => makeSnapshot(runner, flags)
  const capture = (event: Effect.Effect<Option.Option<EventId>, InvalidEventError, EventQueue>) =>
    queued(Effect.map(event, Option.getOrUndefined))
  const flush = () => promise(Effect.zipRight(settled(), Events.flush))
  const close = () =>
    promise(Effect.timeoutOption(settled(), options.events?.shutdownTimeout ?? "30 seconds"))
      .then(() => runtime.dispose(), () => runtime.dispose())
  return {
    snapshot,
    evaluateFlags: (request) => promise(evaluateFlags(request)).then(snapshot),
    evaluateFlagsOrPartial: (request) => promise(orPartial(evaluateFlags(request))).then(snapshot),
    capture: ({ flags, ...message }) => capture(Events.capture({ ...message, flags: flagsOf(flags) })),
    captureException: (error, options) => queued(captureException(error, options)).catch(() => undefined),
    identify: (message) => capture(Events.identify(message)),
    alias: (message) => capture(Events.alias(message)),
    groupIdentify: (message) => capture(Events.groupIdentify(message)),
    ready: (duration = "10 seconds") => promise(LocalEvaluator.readyWithin(duration)),
    status: () => promise(Effect.flatMap(LocalEvaluator, (evaluator) => evaluator.status)),
    onChange: (listener) => {
      const stopped = Deferred.unsafeMake<void>(FiberId.none)
      const listening = Effect.flatMap(
        LocalEvaluator,
        ({ changes }) => Stream.runForEach(Stream.interruptWhenDeferred(changes, stopped), notify(listener))
      )
      // A client that is closed, or cannot be built, has no changes.
      promise(listening).catch(() => {})
      return () => Deferred.unsafeDone(stopped, Effect.void)
    },
    runPromise: promise,
    flush,
    close,
    [Symbol.asyncDispose]: close
  }
}
