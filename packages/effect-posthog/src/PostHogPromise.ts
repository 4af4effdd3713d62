/**
 * PostHog for code outside Effect: a client of promises, with synchronous reads of flags.
 *
 * An entry point of its own, `effect-posthog/PostHogPromise`, which the root does not re-export, so that programs in
 * Effect do not load it.
 *
 * @since 3.0.0
 */
/// <reference lib="esnext.disposable" preserve="true" />
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type { FlagErrorCode } from "./Decision.ts"
import type { DefinitionsChange, DefinitionsStatus } from "./Definitions.ts"
import type { EventCounts } from "./Delivery.ts"
import { evaluateFlags, RemoteFlagsError } from "./EvaluateFlags.ts"
import type { EvaluationRequest } from "./EvaluateFlags.ts"
import type { EventId } from "./EventDraft.ts"
import { EventQueue } from "./EventQueue.ts"
import * as Events from "./Events.ts"
import type { SpoolOptions } from "./EventSpool.ts"
import { EventStore } from "./EventStore.ts"
import type { EventStoreStatus } from "./EventStore.ts"
import type { ReportOptions } from "./Exceptions.ts"
import type { Flag, FlagKey, FlagKeys, Registry } from "./Flag.ts"
import * as FlagOverrides from "./FlagOverrides.ts"
import * as Flags from "./Flags.ts"
import { FlagSnapshot } from "./FlagSnapshot.ts"
import type { FlagDetail, ReadOptions } from "./FlagSnapshot.ts"
import { annotated } from "./internal/library.ts"
import { logBeside, loggerLayer } from "./internal/promise/logging.ts"
import { makePromiseSnapshot } from "./internal/promise/promiseSnapshot.ts"
import { makeRunner } from "./internal/promise/runner.ts"
import type { Runner } from "./internal/promise/runner.ts"
import { settingsOrThrow } from "./internal/promise/settingsOrThrow.ts"
import { spoolLayer } from "./internal/promise/spoolLayer.ts"
import type { RequestContext } from "./internal/requestContext.ts"
import { wake } from "./internal/wake.ts"
import { Warnings } from "./internal/warnings.ts"
import { LocalEvaluator } from "./LocalEvaluator.ts"
import * as PostHog from "./PostHog.ts"
import { validate } from "./PostHogConfig.ts"
import type { Options } from "./PostHogConfig.ts"
import type { PostHogConfigError } from "./PostHogConfigError.ts"

/**
 * The flags of one evaluation, as `FlagSnapshot`.
 *
 * **Details**
 *
 * Values are read at once. The exposure of a read is queued beside, once for each person, flag, value, device and groups;
 * `flush` waits for it.
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
  /** Why the server's flags are missing. `undefined`: nothing failed. */
  readonly error: RemoteFlagsError | undefined
  /** Whether a flag is on, in any variant; defaults as for `FlagSnapshot.isEnabled`. */
  readonly isEnabled: (
    flag: FlagKey,
    options?: ReadOptions & { readonly defaultValue?: boolean | undefined }
  ) => boolean
  /** The value of a flag by its key: a variant, `true` or `false`. `undefined`: it has no value. */
  readonly getFlag: (key: string, options?: ReadOptions) => boolean | string | undefined
  /** The payload of a flag by its key, decoded from JSON. Silent. */
  readonly getFlagPayload: (key: string) => unknown
  /** The value of a typed flag, or its default. Without one, a value it does not declare is `undefined`, with a warning. */
  readonly get: <A, P, VD extends boolean, PD extends boolean>(
    flag: Flag<A, P, VD, PD>,
    options?: ReadOptions
  ) => VD extends true ? A : A | undefined
  /** The payload of a typed flag, or its default. Without one, a payload that does not fit is `undefined`. Silent. */
  readonly payload: <A, P, VD extends boolean, PD extends boolean>(
    flag: Flag<A, P, VD, PD>
  ) => Promise<PD extends true ? P : P | undefined>
  /** Branches on a flag: `on` gets its value, `off` runs when it is `false` or has no value. */
  readonly match: {
    <A, B, C = B>(
      flag: Flag<A, unknown, boolean, boolean>,
      handlers: { readonly on: (value: Exclude<A, false>) => B; readonly off: () => C }
    ): B | C
    <B, C = B>(key: string, handlers: { readonly on: (value: true | string) => B; readonly off: () => C }): B | C
  }
  /** How a flag came to its value. Silent. */
  readonly detail: (flag: FlagKey) => FlagDetail | undefined
  /** The snapshot with these flags alone. Flags it does not have are left out, with one warning that names them. */
  readonly only: (flags: FlagKeys | Registry) => PromiseSnapshot
  /** The snapshot with only the flags whose value was read before. */
  readonly onlyAccessed: () => PromiseSnapshot
  /** These flags in the form of posthog-js's `bootstrap`; see `FlagSnapshot.toBootstrap`. */
  readonly toBootstrap: FlagSnapshot["toBootstrap"]
}

type WithFlags<Message> = Omit<Message, "flags"> & {
  readonly flags?: PromiseSnapshot | FlagSnapshot | undefined
}

/**
 * An event to capture, with the snapshot of either kind that the code branched on.
 *
 * @since 3.0.0
 * @category models
 */
export type CaptureMessage = WithFlags<Events.CaptureMessage>

/**
 * An event to capture with flags that are evaluated for it.
 *
 * @since 3.0.0
 * @category models
 */
export type CaptureWithFlagsMessage = WithFlags<Events.CaptureWithFlagsMessage>

/**
 * What an exception says beside the error; see `ReportOptions` of `effect-posthog/Exceptions`.
 *
 * @since 3.0.0
 * @category models
 */
export type CaptureExceptionOptions = WithFlags<ReportOptions>

/**
 * An evaluation, and how long its caller waits for it.
 *
 * @since 3.0.0
 * @category models
 */
export interface PromiseEvaluationRequest extends EvaluationRequest {
  /** Bounds this evaluation as a whole. Default: `flags.requestTimeout` for each attempt. */
  readonly timeout?: Duration.DurationInput | undefined
  /** Ends the evaluation when it is aborted; the snapshot then has what was decided locally. */
  readonly signal?: AbortSignal | undefined
}

type Single<Request> = Request & Pick<PromiseEvaluationRequest, "timeout" | "signal">

type Evaluate = {
  (distinctId: string, request?: Omit<PromiseEvaluationRequest, "distinctId">): Promise<PromiseSnapshot>
  (request?: PromiseEvaluationRequest): Promise<PromiseSnapshot>
}

/**
 * A client for one project.
 *
 * **Details**
 *
 * Analytics never takes its host down. Capturing resolves with the event's id once it is queued, and with `undefined`
 * when it was not: an unusable message is logged and counted. Evaluating resolves with a snapshot also while PostHog is
 * down: `error` and `errors` say why flags are missing. After `shutdown` both still resolve, with a warning in the log.
 * `strict` has the calls that reject instead.
 *
 * @since 3.0.0
 * @category models
 */
export interface PromiseClient {
  /** Evaluates all flags for a person, or those of `flagKeys`, with one request at most. */
  readonly evaluateFlags: Evaluate
  /** The same calls, rejecting: with `RemoteFlagsError`, with `InvalidEventError`, after `shutdown`. */
  readonly strict: {
    readonly evaluateFlags: Evaluate
    readonly capture: (message: CaptureMessage) => Promise<EventId | undefined>
  }
  /** Whether one flag is on; its default, the flag's or `false` while that is unknown. Reports the exposure. */
  readonly isFeatureEnabled: (
    request: Single<Flags.FlagValueRequest> & { readonly defaultValue?: boolean | undefined }
  ) => Promise<boolean>
  /** The value of one flag. `undefined`: it has none, or PostHog did not answer. Reports the exposure. */
  readonly getFeatureFlag: (request: Single<Flags.FlagValueRequest>) => Promise<boolean | string | undefined>
  /** The payload of one flag, decoded from JSON. Silent. */
  readonly getFeatureFlagPayload: (request: Single<Flags.SingleFlagRequest>) => Promise<unknown>
  /** One flag with its variant and payload. Reports the exposure. */
  readonly getFeatureFlagResult: (request: Single<Flags.FlagValueRequest>) => Promise<FeatureFlagResult | undefined>
  /** The values of all flags, or those of `flagKeys`. Silent. */
  readonly getAllFlags: (request?: PromiseEvaluationRequest) => Promise<Record<string, boolean | string>>
  /** The values and payloads of all flags, or those of `flagKeys`. Silent. */
  readonly getAllFlagsAndPayloads: (
    request?: PromiseEvaluationRequest
  ) => Promise<{ readonly flags: Record<string, boolean | string>; readonly payloads: Record<string, unknown> }>
  /**
   * The payload of a remote config flag, decoded from JSON; see `RemoteConfig.getRemoteConfigPayload`. `undefined`: there
   * is none, or it could not be fetched, which the log says.
   */
  readonly getRemoteConfigPayload: (key: FlagKey) => Promise<unknown>
  /** A snapshot of Effect for code outside Effect. */
  readonly snapshot: (snapshot: FlagSnapshot) => PromiseSnapshot
  /** Captures an event; see `Events.capture`. */
  readonly capture: (message: CaptureMessage) => Promise<EventId | undefined>
  /**
   * Reports an error that was caught, or any other value, to error tracking, by the rules of `Exceptions.report`.
   * `undefined`: there was nothing to report, or the event was not accepted.
   */
  readonly captureException: (error: unknown, options?: CaptureExceptionOptions) => Promise<EventId | undefined>
  /** Captures an event of an AI application; see `Events.captureAi`. */
  readonly captureAi: (message: CaptureMessage) => Promise<EventId | undefined>
  /** Evaluates flags and captures an event that carries them; see `Events.captureWithFlags`. */
  readonly captureWithFlags: (message: CaptureWithFlagsMessage) => Promise<EventId | undefined>
  /** Stores what is known about a person; see `Events.identify`. */
  readonly identify: (message: Events.IdentifyMessage) => Promise<EventId | undefined>
  /** Links a new id to an existing one; see `Events.alias`. */
  readonly alias: (message: Events.AliasMessage) => Promise<EventId | undefined>
  /** Stores the properties of a group; see `Events.groupIdentify`. */
  readonly groupIdentify: (message: Events.GroupIdentifyMessage) => Promise<EventId | undefined>
  /** Changes the stored properties of a person; see `Events.setPersonProperties`. */
  readonly setPersonProperties: (message: Events.PersonPropertiesMessage) => Promise<EventId | undefined>
  /**
   * This client in a request context: its evaluations and events use the identity, groups and properties of the context
   * unless they are given their own. It shares everything else; closing either closes both.
   */
  readonly with: (context: RequestContext) => PromiseClient
  /**
   * Resolves with `true` when definitions are loaded, at once without local evaluation, and with `false` when they are
   * not within the duration (10 seconds).
   */
  readonly ready: (within?: Duration.DurationInput) => Promise<boolean>
  /** Loads the definitions now. Rejects with `DefinitionsError`. */
  readonly reload: () => Promise<void>
  /** The state of the definitions; see `LocalEvaluator.status`. */
  readonly status: () => Promise<DefinitionsStatus>
  /** What became of the events so far. */
  readonly counts: () => Promise<EventCounts>
  /** What the spool holds and what became of what it held. `undefined`: the client has none. */
  readonly spoolStatus: () => Promise<EventStoreStatus | undefined>
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
   * Waits for captures under way, for up to `within` (`events.shutdownTimeout` by default), delivers what is queued, for
   * as long again at most, and stops. Never rejects.
   */
  readonly shutdown: (within?: Duration.DurationInput) => Promise<void>
  /** {@link PromiseClient.shutdown}. */
  readonly close: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/**
 * A flag with its variant and payload.
 *
 * @since 3.0.0
 * @category models
 */
export interface FeatureFlagResult {
  readonly key: string
  readonly enabled: boolean
  readonly variant: string | undefined
  readonly payload: unknown
}

/**
 * Where a client logs to: `console` will do, and so does any logger with these methods. Levels without a method are left
 * out.
 *
 * @since 3.0.0
 * @category configuration
 */
export interface PromiseLogger {
  readonly error: (message: string, details: Readonly<Record<string, unknown>>) => void
  readonly warn: (message: string, details: Readonly<Record<string, unknown>>) => void
  readonly info?: (message: string, details: Readonly<Record<string, unknown>>) => void
  readonly debug?: (message: string, details: Readonly<Record<string, unknown>>) => void
}

/**
 * The options of {@link make}: those of `PostHog.layer`, keys as plain text or redacted, and what a host outside Effect
 * brings.
 *
 * @since 3.0.0
 * @category configuration
 */
export interface PromiseOptions extends Omit<Options, "apiKey" | "secretKey"> {
  readonly apiKey: string | Redacted.Redacted<string>
  readonly secretKey?: string | Redacted.Redacted<string> | undefined
  /** Default: lines on standard error. */
  readonly logger?: PromiseLogger | undefined
  /**
   * Keeps a serverless function alive until a promise has settled, such as Vercel's or a Worker's `waitUntil`. What is
   * captured is then flushed at once. Default: events are delivered in the background.
   */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined
  /** Flags forced to values, for development; see `FlagOverrides.layer`. Default: none. */
  readonly overrides?: FlagOverrides.Overrides | undefined
  /**
   * Keeps events in a folder, so that they survive a crash of the process and an outage of PostHog: `capture` then resolves
   * when the event is written. Needs the files of Node, Bun or Deno. A layer provides a store of your own; see
   * `EventSpool.layerStore`. Default: events are kept in memory.
   */
  readonly spool?: SpoolOptions | Layer.Layer<EventStore, PostHogConfigError> | undefined
}

const redacted = (key: string | Redacted.Redacted<string>): Redacted.Redacted<string> =>
  typeof key === "string" ? Redacted.make(key) : key

const optionsOf = (
  {
    apiKey,
    logger: _logger,
    overrides: _overrides,
    secretKey,
    spool: _spool,
    waitUntil: _waitUntil,
    ...options
  }: PromiseOptions
): Options => ({
  ...options,
  apiKey: redacted(apiKey ?? ""),
  ...(secretKey === undefined || secretKey === null ? {} : { secretKey: redacted(secretKey) })
})

const fromHere = annotated("PostHogPromise")

const notify = (listener: (change: DefinitionsChange) => void) => (change: DefinitionsChange): Effect.Effect<void> =>
  Effect.catchAllCause(
    Effect.sync(() => listener(change)),
    (cause) => fromHere(Effect.logError("A listener of onChange failed", cause))
  )

const effectSnapshot = (flags: PromiseSnapshot | FlagSnapshot | undefined): FlagSnapshot | undefined =>
  flags !== undefined && flags !== null && "snapshot" in flags ? flags.snapshot : flags

// Loaded with the first exception: most programs have none.
const captureException = (error: unknown, { flags, ...options }: CaptureExceptionOptions) =>
  Effect.flatMap(EventQueue, (queue) =>
    Effect.flatMap(
      Effect.promise(() => import("./internal/exceptions/captureException.ts")),
      (exceptions) => exceptions.captureException(queue, error, { ...options, flags: effectSnapshot(flags) })
    ))

// Loaded with the first call, too.
const remoteConfigPayload = (key: FlagKey) =>
  Effect.flatMap(
    Effect.promise(() => import("./RemoteConfig.ts")),
    ({ getRemoteConfigPayload }) => getRemoteConfigPayload(key)
  )

const isEvaluationOf = (request: string | PromiseEvaluationRequest | undefined): request is string =>
  typeof request === "string"

// The whole of what was asked, from either form of the call.
const requestOf = (
  first: string | PromiseEvaluationRequest | undefined,
  rest: Omit<PromiseEvaluationRequest, "distinctId"> | undefined
): PromiseEvaluationRequest => isEvaluationOf(first) ? { ...rest, distinctId: first } : first ?? {}

const timeoutError = (snapshot: FlagSnapshot): RemoteFlagsError => new RemoteFlagsError({ reason: "Timeout", snapshot })

// What could be decided locally is there at once; only the server takes time.
const limited = (
  { signal, timeout, ...request }: PromiseEvaluationRequest
): Effect.Effect<FlagSnapshot, RemoteFlagsError, PostHog.Services> => {
  const local = Effect.flatMap(
    evaluateFlags({ ...request, onlyEvaluateLocally: true }),
    (snapshot) => Effect.fail(timeoutError(snapshot))
  )
  const evaluation = evaluateFlags(request)
  const inTime = timeout === undefined
    ? evaluation
    : Effect.flatten(Effect.timeoutTo(evaluation, {
      duration: timeout,
      onSuccess: (snapshot): Effect.Effect<FlagSnapshot, RemoteFlagsError, PostHog.Services> =>
        Effect.succeed(snapshot),
      onTimeout: () => local
    }))
  return signal === undefined ? inTime : Effect.raceFirst(inTime, Effect.zipRight(aborted(signal), local))
}

const aborted = (signal: AbortSignal): Effect.Effect<void> =>
  Effect.async((resume) => {
    if (signal.aborted) return resume(Effect.void)
    const abort = () => wake(() => resume(Effect.void))
    signal.addEventListener("abort", abort, { once: true })
    return Effect.sync(() => signal.removeEventListener("abort", abort))
  })

/** What the clients of one project share. */
interface Shared {
  /** Closes the runtime, once: the runtime's own `dispose` resolves later calls while the first still waits. */
  readonly dispose: () => Promise<void>
  readonly logging: Layer.Layer<never>
  readonly warnings: Warnings
  readonly shutdownTimeout: Duration.DurationInput
  readonly waitUntil: PromiseOptions["waitUntil"]
}

const makeClient = (shared: Shared, runner: Runner): PromiseClient => {
  const { dispose, logging, waitUntil, warnings } = shared
  const { queued, run, settled } = runner

  const warn = (kind: string, problem: string, error: unknown): void => {
    const message = `${problem}: ${error instanceof Error ? error.message : String(error)}`
    logBeside(logging, Effect.flatMap(Clock.currentTimeMillis, (now) => warnings.warn(kind, message, now)))
  }

  let flushing = false
  const keepAlive = (): void => {
    if (waitUntil === undefined || flushing) return
    flushing = true
    // After the events that are captured in this turn.
    const flushed = Promise.resolve().then(() => {
      flushing = false
      return flush()
    }).catch((error: unknown) => warn("flush", "Events were not flushed", error))
    try {
      waitUntil(flushed)
    } catch (error) {
      warn("waitUntil", "The function was not kept alive until events were flushed", error)
    }
  }

  const capture = <E>(
    event: Effect.Effect<Option.Option<EventId>, E, PostHog.Services>
  ): Promise<EventId | undefined> => {
    const captured = queued(Effect.map(event, Option.getOrUndefined)).catch((error: unknown) => {
      warn("capture", "An event was not captured", error)
      return undefined
    })
    keepAlive()
    return captured
  }
  const withFlags = <Message extends { readonly flags?: PromiseSnapshot | FlagSnapshot | undefined }>(
    message: Message
  ) => ({ ...message, flags: effectSnapshot(message.flags) })

  // Reading a flag queues its exposure.
  const reading: Runner = {
    ...runner,
    queued: (effect, signal) => {
      const exposure = queued(effect, signal)
      keepAlive()
      return exposure
    }
  }
  const snapshot = (flags: FlagSnapshot, error?: RemoteFlagsError) => makePromiseSnapshot(reading, flags, error)
  const nothing = FlagSnapshot.fromValues({})

  const evaluateStrictly = (request: PromiseEvaluationRequest): Promise<PromiseSnapshot> =>
    run(limited(request)).then((flags) => snapshot(flags))
  const evaluate = (request: PromiseEvaluationRequest): Promise<PromiseSnapshot> =>
    run(Effect.either(limited(request))).then(
      (result) => result._tag === "Right" ? snapshot(result.right) : snapshot(result.left.snapshot, result.left),
      (cause: unknown) => {
        warn("evaluate", "Flags were not evaluated", cause)
        return snapshot(nothing, new RemoteFlagsError({ reason: "UnknownError", snapshot: nothing, cause }))
      }
    ).finally(keepAlive)

  const one = ({ key, ...request }: Single<Flags.SingleFlagRequest>) => evaluate({ ...request, flagKeys: [key] })
  const valuesOf = (flags: PromiseSnapshot): Record<string, boolean | string> => {
    const values: Record<string, boolean | string> = Object.create(null)
    for (const key of flags.keys) values[key] = flags.detail(key)?.value ?? false
    return values
  }
  const payloadsOf = (flags: PromiseSnapshot): Record<string, unknown> => {
    const payloads: Record<string, unknown> = Object.create(null)
    for (const key of flags.keys) {
      const payload = flags.getFlagPayload(key)
      if (payload !== undefined) payloads[key] = payload
    }
    return payloads
  }
  const resultOf = (request: Flags.FlagValueRequest, flags: PromiseSnapshot): FeatureFlagResult | undefined => {
    const key = typeof request.key === "string" ? request.key : request.key.key
    const value = flags.getFlag(key, request)
    return value === undefined ? undefined : {
      key,
      enabled: value !== false,
      variant: typeof value === "string" ? value : undefined,
      payload: flags.getFlagPayload(key)
    }
  }

  const flush = () => run(Effect.zipRight(settled(), Events.flush))
  const shutdown = (within: Duration.DurationInput = shared.shutdownTimeout): Promise<void> =>
    run(Effect.timeoutOption(settled(), within))
      .catch(() => {})
      .then(dispose)
      .catch((error: unknown) => warn("shutdown", "The client did not close cleanly", error))

  return {
    snapshot: (flags) => snapshot(flags),
    evaluateFlags: (first?: string | PromiseEvaluationRequest, rest?: Omit<PromiseEvaluationRequest, "distinctId">) =>
      evaluate(requestOf(first, rest)),
    strict: {
      evaluateFlags: (first?: string | PromiseEvaluationRequest, rest?: Omit<PromiseEvaluationRequest, "distinctId">) =>
        evaluateStrictly(requestOf(first, rest)),
      capture: (message) =>
        queued(Effect.map(Events.strict.capture(withFlags(message)), Option.getOrUndefined)).finally(keepAlive)
    },
    isFeatureEnabled: (request) => one(request).then((flags) => flags.isEnabled(request.key, request)),
    getFeatureFlag: (request) =>
      one(request).then((flags) =>
        flags.getFlag(typeof request.key === "string" ? request.key : request.key.key, request)
      ),
    getFeatureFlagPayload: (request) =>
      one(request).then((flags) =>
        flags.getFlagPayload(typeof request.key === "string" ? request.key : request.key.key)
      ),
    getFeatureFlagResult: (request) => one(request).then((flags) => resultOf(request, flags)),
    getAllFlags: (request = {}) => evaluate(request).then(valuesOf),
    getAllFlagsAndPayloads: (request = {}) =>
      evaluate(request).then((flags) => ({ flags: valuesOf(flags), payloads: payloadsOf(flags) })),
    getRemoteConfigPayload: (key) =>
      run(Effect.map(remoteConfigPayload(key), Option.getOrUndefined)).catch((error: unknown) =>
        warn("remoteConfig", "A remote config was not fetched", error)
      ),
    capture: (message) => capture(Events.capture(withFlags(message))),
    captureException: (error, options = {}) =>
      capture(Effect.map(captureException(error, options), Option.fromNullable)),
    captureAi: (message) => capture(Events.captureAi(withFlags(message))),
    captureWithFlags: (message) => capture(Events.captureWithFlags(withFlags(message))),
    identify: (message) => capture(Events.identify(message)),
    alias: (message) => capture(Events.alias(message)),
    groupIdentify: (message) => capture(Events.groupIdentify(message)),
    setPersonProperties: (message) => capture(Events.setPersonProperties(message)),
    with: (context) => makeClient(shared, runner.within(context)),
    ready: (within = "10 seconds") => run(Effect.exit(LocalEvaluator.readyWithin(within))).then(Exit.isSuccess),
    reload: () => run(Effect.flatMap(LocalEvaluator, (evaluator) => evaluator.reload)),
    status: () => run(Effect.flatMap(LocalEvaluator, (evaluator) => evaluator.status)),
    counts: () => run(Effect.flatMap(EventQueue, (queue) => queue.counts)),
    spoolStatus: () =>
      run(Effect.flatMap(
        Effect.serviceOption(EventStore),
        (store) => Option.isSome(store) ? store.value.status : Effect.succeed(undefined)
      )),
    onChange: (listener) => {
      const stopped = Deferred.unsafeMake<void>(FiberId.none)
      const listening = Effect.flatMap(
        LocalEvaluator,
        ({ changes }) => Stream.runForEach(Stream.interruptWhenDeferred(changes, stopped), notify(listener))
      )
      // A client that is closed, or cannot be built, has no changes.
      run(listening).catch(() => {})
      return () => wake(() => Deferred.unsafeDone(stopped, Effect.void))
    },
    runPromise: run,
    flush,
    shutdown,
    close: () => shutdown(),
    [Symbol.asyncDispose]: () => shutdown()
  }
}

/**
 * Makes a client that runs until it is shut down.
 *
 * **When to use**
 *
 * In Express, Fastify, Hono, Next.js and every other program outside Effect: one client for the process.
 *
 * **Details**
 *
 * Requests go through `fetch` unless another `HttpClient` is given. Throws `PostHogConfigError` at once when an option
 * cannot be used. Definitions, with a secret key, load from now on.
 *
 * **Example**
 *
 * ```ts
 * import * as PostHogPromise from "effect-posthog/PostHogPromise"
 *
 * const posthog = PostHogPromise.make({ apiKey: "", enabled: false })
 *
 * const flags = await posthog.evaluateFlags("user-17")
 * const checkout = flags.isEnabled("new-checkout") ? "new" : "old"
 * await posthog.capture({ event: "checkout started", distinctId: "user-17", properties: { checkout }, flags })
 * await posthog.shutdown()
 *
 * assert.strictEqual(checkout, "old")
 * ```
 *
 * @since 3.0.0
 * @category constructors
 */
export const make = (
  options: PromiseOptions,
  httpClient: Layer.Layer<HttpClient.HttpClient> = FetchHttpClient.layer
): PromiseClient => {
  const settings = optionsOf(options)
  const checked = settingsOrThrow(validate(settings))
  const logging = loggerLayer(options.logger)
  const live = Layer.provideMerge(PostHog.layer(settings), spoolLayer(options.spool, checked.runtime))
  const client = options.overrides === undefined
    ? live
    : Layer.provideMerge(FlagOverrides.layer(options.overrides), live)
  const runtime = ManagedRuntime.make(client.pipe(Layer.provideMerge(httpClient), Layer.provideMerge(logging)))
  let disposed: Promise<void> | undefined
  const shared: Shared = {
    dispose: () => disposed ??= runtime.dispose(),
    logging,
    warnings: new Warnings("PostHogPromise"),
    shutdownTimeout: settings.events?.shutdownTimeout ?? "30 seconds",
    waitUntil: options.waitUntil
  }
  return makeClient(shared, makeRunner(runtime, checked.runtime))
}
