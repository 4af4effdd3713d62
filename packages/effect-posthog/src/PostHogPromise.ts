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
import type { DefinitionsChange } from "./Definitions.ts"
import { evaluateFlags, RemoteFlagsError } from "./EvaluateFlags.ts"
import type { EventId } from "./EventDraft.ts"
import { EventQueue } from "./EventQueue.ts"
import * as Events from "./Events.ts"
import type { SpoolOptions } from "./EventSpool.ts"
import { EventStore } from "./EventStore.ts"
import { keyOf } from "./Flag.ts"
import type { FlagKey } from "./Flag.ts"
import * as FlagOverrides from "./FlagOverrides.ts"
import * as Flags from "./Flags.ts"
import { FlagSnapshot } from "./FlagSnapshot.ts"
import { isAbsent } from "./internal/input.ts"
import { annotated } from "./internal/library.ts"
import { logBeside, loggerLayer } from "./internal/promise/logging.ts"
import {
  anonymousIdOf,
  exceptionOptions,
  messageWithFlags,
  personMessage,
  singleFlagRequest
} from "./internal/promise/posthogNodeCalls.ts"
import { makePromiseSnapshot } from "./internal/promise/promiseSnapshot.ts"
import { makeRunner } from "./internal/promise/runner.ts"
import type { Runner } from "./internal/promise/runner.ts"
import { settingsOrThrow } from "./internal/promise/settingsOrThrow.ts"
import { spoolLayer } from "./internal/promise/spoolLayer.ts"
import { unknownOptions } from "./internal/promise/unknownOptions.ts"
import { wake } from "./internal/wake.ts"
import { Warnings } from "./internal/warnings.ts"
import { LocalEvaluator } from "./LocalEvaluator.ts"
import * as PostHog from "./PostHog.ts"
import { validate } from "./PostHogConfig.ts"
import type { Options } from "./PostHogConfig.ts"
import { PostHogConfigError } from "./PostHogConfigError.ts"

import type {
  CaptureExceptionOptions,
  CaptureMessage,
  CaptureWithFlagsMessage,
  FeatureFlagResult,
  PromiseClient,
  PromiseEvaluationRequest,
  PromiseLogger,
  PromiseSnapshot,
  SendFeatureFlagsOptions,
  Single
} from "./internal/promise/models.ts"

export type {
  /**
   * What an exception says beside the error; see `ReportOptions` of `effect-posthog/Exceptions`.
   *
   * @since 3.0.0
   * @category models
   */
  CaptureExceptionOptions,
  /**
   * An event to capture, with the snapshot of either kind that the code branched on.
   *
   * @since 3.0.0
   * @category models
   */
  CaptureMessage,
  /**
   * An event to capture with flags that are evaluated for it.
   *
   * @since 3.0.0
   * @category models
   */
  CaptureWithFlagsMessage,
  /**
   * A flag with its variant and payload.
   *
   * @since 3.0.0
   * @category models
   */
  FeatureFlagResult,
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
   * Calls take the arguments of posthog-node too: `isFeatureEnabled(key, distinctId, options)`, `getAllFlags(distinctId)`,
   * `captureException(error, distinctId, properties)`.
   *
   * @since 3.0.0
   * @category models
   */
  PromiseClient,
  /**
   * An evaluation, and how long its caller waits for it.
   *
   * @since 3.0.0
   * @category models
   */
  PromiseEvaluationRequest,
  /**
   * Where a client logs to: `console` will do, and so does any logger with these methods. Levels without a method are left
   * out.
   *
   * @since 3.0.0
   * @category configuration
   */
  PromiseLogger,
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
  PromiseSnapshot,
  /**
   * Which flags are evaluated for an event, and with what; see `CaptureWithFlagsMessage` of `Events`.
   *
   * @since 3.0.0
   * @category models
   */
  SendFeatureFlagsOptions
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

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

const effectSnapshot = (flags: PromiseSnapshot | FlagSnapshot | undefined): FlagSnapshot | undefined =>
  isObject(flags) && "snapshot" in flags ? flags.snapshot : flags

// What is not a message is left to `Events`, which says so.
const withFlags = <Message extends { readonly flags?: PromiseSnapshot | FlagSnapshot | undefined }>(message: Message) =>
  isObject(message) ? { ...message, flags: effectSnapshot(message.flags) } : message

// Code without types passes anything, and reading it may throw: then the call fails as others do.
const attempt = <A, E, R>(read: () => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
  try {
    return read()
  } catch (error) {
    return Effect.die(error)
  }
}

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

// The whole of what was asked, from either form of the call. In code without types, ids are often numbers, and missing.
const requestOf = (
  first: string | PromiseEvaluationRequest | undefined,
  rest: Omit<PromiseEvaluationRequest, "distinctId"> | undefined
): PromiseEvaluationRequest => isObject(first) ? first : { ...rest, distinctId: first }

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
    event: () => Effect.Effect<Option.Option<EventId>, E, PostHog.Services>
  ): Promise<EventId | undefined> => {
    const captured = queued(Effect.map(attempt(event), Option.getOrUndefined)).catch((error: unknown) => {
      warn("capture", "An event was not captured", error)
      return undefined
    })
    keepAlive()
    return captured
  }
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

  const evaluateStrictly = (request: () => PromiseEvaluationRequest): Promise<PromiseSnapshot> =>
    run(attempt(() => limited(request()))).then((flags) => snapshot(flags))
  const evaluate = (request: () => PromiseEvaluationRequest): Promise<PromiseSnapshot> =>
    run(Effect.either(attempt(() => limited(request())))).then(
      (result) => result._tag === "Right" ? snapshot(result.right) : snapshot(result.left.snapshot, result.left),
      (cause: unknown) => {
        warn("evaluate", "Flags were not evaluated", cause)
        return snapshot(nothing, new RemoteFlagsError({ reason: "UnknownError", snapshot: nothing, cause }))
      }
    ).finally(keepAlive)

  const one = ({ key, ...request }: Single<Flags.SingleFlagRequest>): Promise<PromiseSnapshot> => {
    if (key !== "") return evaluate(() => ({ ...request, flagKeys: [key] }))
    warn("key", "A flag was not evaluated", "its key is missing")
    return Promise.resolve(snapshot(nothing))
  }
  const readOne =
    <Request extends Single<Flags.SingleFlagRequest>, A>(read: (flags: PromiseSnapshot, request: Request) => A) =>
    (...given: readonly [unknown, ...ReadonlyArray<unknown>]): Promise<A> => {
      const request = singleFlagRequest<Request>(...given)
      return one(request).then((flags) => read(flags, request))
    }
  const readAll =
    <A>(read: (flags: PromiseSnapshot) => A) =>
    (first?: string | PromiseEvaluationRequest, rest?: Omit<PromiseEvaluationRequest, "distinctId">): Promise<A> =>
      evaluate(() => requestOf(first, rest)).then(read)
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
    const key = keyOf(request.key)
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
      evaluate(() => requestOf(first, rest)),
    strict: {
      evaluateFlags: (first?: string | PromiseEvaluationRequest, rest?: Omit<PromiseEvaluationRequest, "distinctId">) =>
        evaluateStrictly(() => requestOf(first, rest)),
      capture: (message) =>
        queued(Effect.map(attempt(() => Events.strict.capture(withFlags(message))), Option.getOrUndefined))
          .finally(keepAlive)
    },
    isFeatureEnabled: readOne((
      flags,
      request: Flags.FlagValueRequest & { readonly defaultValue?: boolean | undefined }
    ) => flags.isEnabled(request.key, request)),
    getFeatureFlag: readOne((flags, request: Flags.FlagValueRequest) => flags.getFlag(keyOf(request.key), request)),
    getFeatureFlagPayload: readOne((flags, { key }: Flags.SingleFlagRequest) => flags.getFlagPayload(keyOf(key))),
    getFeatureFlagResult: readOne((flags, request: Flags.FlagValueRequest) => resultOf(request, flags)),
    getAllFlags: readAll(valuesOf),
    getAllFlagsAndPayloads: readAll((flags) => ({ flags: valuesOf(flags), payloads: payloadsOf(flags) })),
    getRemoteConfigPayload: (key) =>
      run(Effect.map(remoteConfigPayload(key), Option.getOrUndefined)).catch((error: unknown) =>
        warn("remoteConfig", "A remote config was not fetched", error)
      ),
    capture: (message) =>
      capture((): Effect.Effect<Option.Option<EventId>, never, PostHog.Services> => {
        const asked = messageWithFlags<CaptureWithFlagsMessage>(message)
        return asked === undefined ? Events.capture(withFlags(message)) : Events.captureWithFlags(withFlags(asked))
      }),
    captureException: (error: unknown, second?: unknown, properties?: unknown) =>
      capture(() => Effect.map(captureException(error, exceptionOptions(second, properties)), Option.fromNullable)),
    captureAi: (message) => capture(() => Events.captureAi(withFlags(message))),
    captureWithFlags: (message) => capture(() => Events.captureWithFlags(withFlags(message))),
    identify: (message) =>
      capture(() => {
        const identified = Events.identify(personMessage(message))
        const anonymousId = anonymousIdOf(message)
        return anonymousId === undefined ? identified : Effect.zipLeft(
          identified,
          Events.alias({ distinctId: message.distinctId, alias: anonymousId })
        )
      }),
    alias: (message) => capture(() => Events.alias(message)),
    groupIdentify: (message) => capture(() => Events.groupIdentify(message)),
    setPersonProperties: (message) => capture(() => Events.setPersonProperties(personMessage(message))),
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
  if (typeof options !== "object" || options === null) {
    throw new PostHogConfigError({
      option: "options",
      problem: "must be an object: make({ apiKey: \"phc_...\", host })"
    })
  }
  const settings = optionsOf(options)
  const checked = settingsOrThrow(validate(settings))
  const logging = loggerLayer(options.logger ?? undefined)
  const live = Layer.provideMerge(PostHog.layer(settings), spoolLayer(options.spool, checked.runtime))
  const client = isAbsent(options.overrides)
    ? live
    : Layer.provideMerge(FlagOverrides.layer(options.overrides), live)
  const runtime = ManagedRuntime.make(client.pipe(Layer.provideMerge(httpClient), Layer.provideMerge(logging)))
  let disposed: Promise<void> | undefined
  const unknown = unknownOptions(options)
  if (unknown !== undefined) logBeside(logging, fromHere(Effect.logWarning(unknown)))
  const shared: Shared = {
    dispose: () => disposed ??= runtime.dispose(),
    logging,
    warnings: new Warnings("PostHogPromise"),
    shutdownTimeout: settings.events?.shutdownTimeout ?? "30 seconds",
    waitUntil: options.waitUntil ?? undefined
  }
  return makeClient(shared, makeRunner(runtime, checked.runtime))
}
