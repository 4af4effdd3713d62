// Generated from packages/testkit/src/PostHogTest.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * The services of effect-posthog in memory, for tests of programs that use them.
 *
 * There is no network and no waiting: the test sets the flags, reads events as soon as they are captured, and gets the
 * same result in every run. What decides which events are sent is the code that runs in production: the event queue with
 * its defaults, hooks and minimal mode, the deduplication of exposures, and local evaluation.
 *
 * @since 3.0.0
 */
import type {
  Decider,
  DecideRequest,
  DefinitionsError,
  PostHogConfigError,
  PostHogEvent,
  RejectReason,
  RemoteFailureReason
} from "effect-posthog"
import { DedupCache, DedupStore, EventQueue, Flag, LocalEvaluator, PostHogConfig } from "effect-posthog"
import type { Forced, Registry } from "effect-posthog/Flag"
import type { Options as ClientOptions } from "effect-posthog/PostHogConfig"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import { ExpectationError, type ExpectedEvent, type ExpectedException, type ExpectedExposure } from "./Expectation.ts"
import { Backend, make as makeBackend } from "./internal/memory/backend.ts"
import { callSite, withCallSite } from "./internal/memory/callSite.ts"
import { exceptionEvent, isException, toException } from "./internal/memory/exception.ts"
import * as Expected from "./internal/memory/expectation.ts"
import { exposureEvent, isExposure, toExposure } from "./internal/memory/exposure.ts"
import * as MemoryServices from "./internal/memory/memoryServices.ts"
import { withPayload, withPayloads } from "./internal/memory/withPayloads.ts"
import * as Definitions from "./internal/project/definitions.ts"
import { groupId, type ProjectState } from "./internal/project/project.ts"
import type { RecordedException, RecordedExposure, RecordedOffer } from "./Recording.ts"
import type { RemoteFlag } from "./RemoteFlag.ts"

/**
 * What a test starts with.
 *
 * @since 3.0.0
 * @category configuration
 */
export interface Options {
  /** The flags of the server: `true`, `false`, the key of a variant, a whole answer, or a function of the request. */
  readonly flags?: Readonly<Record<string, RemoteFlag>> | undefined
  /** Payloads of those flags, as JSON values. */
  readonly payloads?: Readonly<Record<string, unknown>> | undefined
  /** A definitions document, for the server and for local evaluation, which is off without one. */
  readonly definitions?: unknown
  /** Persons that the server has stored: distinct id to properties. Local evaluation does not see them. */
  readonly persons?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined
  /** Groups that the server has stored: type to key to properties. Local evaluation does not see them. */
  readonly groups?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>> | undefined
  /** Options of the client, as `PostHog.layer` takes them: hooks, super properties and so on. */
  readonly client?: Partial<ClientOptions> | undefined
}

/**
 * Values for the flags of a registry, by its names: what the type of each flag allows.
 *
 * @since 3.0.0
 * @category models
 */
export type RegistryValues<R extends Registry> = { readonly [K in keyof R]?: Forced<R[K]> }

/**
 * How {@link PostHogTest} replaces the flags of its server.
 *
 * @since 3.0.0
 * @category models
 */
export interface SetFlags {
  <const R extends Registry>(registry: R, values: RegistryValues<R>): Effect.Effect<
    void
  >
  (flags: Readonly<Record<string, RemoteFlag>>, payloads?: Readonly<Record<string, unknown>>): Effect.Effect<void>
}

/**
 * How {@link layer} is called: with options, or with a registry and values that its types allow.
 *
 * @since 3.0.0
 * @category models
 */
export interface MakeLayer {
  (options?: Options): Layer.Layer<Services, PostHogConfigError | DefinitionsError>
  <const R extends Registry>(
    registry: R,
    values: RegistryValues<R>,
    options?: Omit<Options, "flags" | "payloads">
  ): Layer.Layer<Services, PostHogConfigError | DefinitionsError>
}

const flagsByKey = (
  registry: Registry,
  values: Readonly<Record<string, unknown>>
): Readonly<Record<string, RemoteFlag>> =>
  Object.fromEntries(
    Object.entries(registry).flatMap(([name, flag]) => {
      const value = values[name] as RemoteFlag | undefined
      return value === undefined ? [] : [[flag.key, value]]
    })
  )

const isRegistry = (flags: Readonly<Record<string, unknown>>): flags is Registry =>
  Object.values(flags).some((flag) => Flag.isFlag(flag))

/**
 * Controls the services while a test runs, and shows what happened so far.
 *
 * @since 3.0.0
 * @category tags
 */
export class PostHogTest extends Context.Service<PostHogTest, {
  /** Replaces all flags of the server, by key or by the names of a registry. Existing snapshots keep their values. */
  readonly setFlags: SetFlags
  /** Changes one flag of the server. */
  readonly setFlag: (key: string, flag: RemoteFlag, payload?: unknown) => Effect.Effect<void>
  /**
   * Replaces the definitions, at the server and in local evaluation, if that is on. Fails when the document is not a
   * definitions document; everything then stays as it was.
   */
  readonly setDefinitions: (document: unknown) => Effect.Effect<void, DefinitionsError>
  /** Replaces the properties that the server has stored of a person. */
  readonly setPerson: (distinctId: string, properties: Readonly<Record<string, unknown>>) => Effect.Effect<void>
  /** Replaces the properties that the server has stored of a group. */
  readonly setGroup: (
    type: string,
    key: string | number,
    properties: Readonly<Record<string, unknown>>
  ) => Effect.Effect<void>
  /** Makes the next remote evaluations fail. `times` is 1 by default; `status` is that of an `ApiError`. */
  readonly failRemote: (
    reason: RemoteFailureReason,
    options?: { readonly times?: number | undefined; readonly status?: number | undefined }
  ) => Effect.Effect<void>
  /** Makes the next remote evaluations answer that the project is over its quota. `times` is 1 by default. */
  readonly limitRemote: (times?: number) => Effect.Effect<void>
  /** Makes the next remote evaluation report that it could not compute these flags, which then have no value. */
  readonly failFlags: (...keys: ReadonlyArray<string>) => Effect.Effect<void>
  /** Makes the queue reject the next events, exposures included. The reason is `Overflow` by default. */
  readonly rejectEvents: (times: number, reason?: RejectReason) => Effect.Effect<void>
  /** Every event accepted so far, exposures included, as the client would send it. Flushes the queue. */
  readonly events: Effect.Effect<ReadonlyArray<PostHogEvent>>
  /** The exposures among the events. */
  readonly exposures: Effect.Effect<ReadonlyArray<RecordedExposure>>
  /** The exceptions among the events, with what PostHog's error tracking makes of them. */
  readonly exceptions: Effect.Effect<ReadonlyArray<RecordedException>>
  /** The remote evaluations that were requested, failed ones included. */
  readonly remoteRequests: Effect.Effect<ReadonlyArray<DecideRequest>>
  /** Every event that was offered to the queue, with the queue's answer. */
  readonly offers: Effect.Effect<ReadonlyArray<RecordedOffer>>
  /** Forgets what was recorded. Flags, scripted failures and the memory of reported exposures stay. */
  readonly forget: Effect.Effect<void>
  /**
   * Returns to the options of the layer: forgets what was recorded, set and scripted, and which exposures were reported.
   * For tests that share a layer.
   */
  readonly reset: Effect.Effect<void>
  /** Succeeds with the first event that is as expected. */
  readonly expectEvent: (expected: ExpectedEvent) => Effect.Effect<PostHogEvent, ExpectationError>
  /** Succeeds with the first exposure that is as expected. */
  readonly expectExposure: (expected: ExpectedExposure) => Effect.Effect<RecordedExposure, ExpectationError>
  /** Succeeds with the first exception that is as expected. */
  readonly expectException: (expected: ExpectedException) => Effect.Effect<RecordedException, ExpectationError>
  /** Succeeds when no event is like this. */
  readonly expectNoEvent: (unexpected: ExpectedEvent) => Effect.Effect<void, ExpectationError>
  /** Succeeds when no exposure is like this, or, without an argument, when there is none at all. */
  readonly expectNoExposure: (unexpected?: ExpectedExposure) => Effect.Effect<void, ExpectationError>
  /** Succeeds when no exception is like this, or, without an argument, when there is none at all. */
  readonly expectNoException: (unexpected?: ExpectedException) => Effect.Effect<void, ExpectationError>
  /** Succeeds when there was no remote evaluation. */
  readonly expectNoRequest: Effect.Effect<void, ExpectationError>
}>()("@effect-posthog/testkit/PostHogTest") {
  /**
   * The layer of this service: {@link layer}.
   */
  static readonly layer: MakeLayer = ((
    first: Options | Registry = {},
    values?: Readonly<Record<string, unknown>>,
    more: Options = {}
  ): Layer.Layer<Services, PostHogConfigError | DefinitionsError> => {
    const options = values === undefined ? first as Options : { ...more, flags: flagsByKey(first as Registry, values) }
    const config = PostHogConfig.layer({ apiKey: Redacted.make("phc_test"), ...options.client })
    const backend = Layer.effect(
      Backend,
      makeBackend({ ...options, remoteFlags: withPayloads(options.flags ?? {}, options.payloads ?? {}) })
    )
    const services = Layer.mergeAll(
      MemoryServices.decider,
      MemoryServices.eventQueue,
      DedupCache.layer,
      options.definitions === undefined ? LocalEvaluator.layerNoop : MemoryServices.localEvaluator
    )
    return Layer.effect(PostHogTest, make).pipe(
      Layer.provideMerge(services),
      Layer.provide([backend, DedupStore.layerMemory]),
      Layer.provideMerge(config),
      // Effect 4 shares layers between calls of `Effect.provide` around each other.
      (own) => Layer.suspend(() => Layer.fresh(own))
    )
  }) as MakeLayer
}

/**
 * The services of {@link layer}: those of `PostHog.layer`, and the controls.
 *
 * @since 3.0.0
 * @category models
 */
export type Services = PostHogTest | Decider | LocalEvaluator | EventQueue | DedupCache | PostHogConfig

/**
 * The four services in memory, with their controls.
 *
 * **When to use**
 *
 * In place of `PostHog.layer`, in tests of code that reads flags or captures events.
 *
 * **Details**
 *
 * Without `definitions` every evaluation goes to the server in memory. With them the client decides locally what it can,
 * and asks the server for the rest. Closing the scope drains the queue as in production. Building the layer fails when
 * `client` has an unusable option or `definitions` is not a definitions document.
 *
 * @since 3.0.0
 * @category layers
 * @example
 * ```ts
 * import { PostHogTest } from "@effect-posthog/testkit"
 * import { Effect } from "effect"
 * import { evaluateFlags } from "effect-posthog"
 *
 * const checkout = Effect.gen(function*() {
 *   const flags = yield* evaluateFlags({ distinctId: "ada" })
 *   return (yield* flags.isEnabled("new-checkout")) ? "new" : "old"
 * })
 *
 * const test = Effect.gen(function*() {
 *   const posthog = yield* PostHogTest.PostHogTest
 *   assert.deepStrictEqual(yield* checkout, "new")
 *   yield* posthog.expectExposure({ flag: "new-checkout", value: true, distinctId: "ada" })
 *
 *   yield* posthog.setFlag("new-checkout", false)
 *   assert.deepStrictEqual(yield* checkout, "old")
 *
 *   yield* posthog.failRemote("Timeout")
 *   const error = yield* Effect.flip(checkout)
 *   assert.deepStrictEqual(error.reason, "Timeout")
 * })
 *
 * Effect.runPromise(Effect.provide(test, PostHogTest.layer({ flags: { "new-checkout": true } })))
 * ```
 */
export const layer: MakeLayer = PostHogTest.layer

const make = Effect.gen(function*() {
  const backend = yield* Backend
  const queue = yield* EventQueue
  const local = yield* LocalEvaluator
  const dedup = yield* DedupStore

  const events = Effect.andThen(queue.flush, backend.events)

  const violation = (message: string, frames: string) => withCallSite(new ExpectationError({ message }), frames)

  const find = (kind: Expected.Kind, wanted: ExpectedEvent, frames: string) =>
    Effect.flatMap(events, (events) => {
      const expected = Expected.asSent(wanted)
      const found = events.find((event) => Expected.matches(expected, event))
      return found === undefined
        ? violation(Expected.describeMissing(kind, expected, events), frames)
        : Effect.succeed(found)
    })

  const refuse = (kind: Expected.Kind, unwanted: ExpectedEvent, frames: string) =>
    Effect.flatMap(events, (events) => {
      const unexpected = Expected.asSent(unwanted)
      const found = events.find((event) => Expected.matches(unexpected, event))
      return found === undefined ? Effect.void : violation(Expected.describeUnwanted(kind, unexpected, found), frames)
    })

  const update = (change: (state: ProjectState) => ProjectState) => Ref.update(backend.state, change)
  // Local evaluation remembers which keys the server did not know; a refresh makes it ask again.
  const refresh = Effect.orDie(local.reload)

  return PostHogTest.of({
    setFlags: (
      first: Registry | Readonly<Record<string, RemoteFlag>>,
      second: Readonly<Record<string, unknown>> = {}
    ) => {
      const remoteFlags = isRegistry(first) ? flagsByKey(first, second) : withPayloads(first, second)
      return Effect.andThen(update((state) => ({ ...state, remoteFlags })), refresh)
    },
    setFlag: (key, flag, payload) =>
      Effect.andThen(
        update((state) => ({ ...state, remoteFlags: { ...state.remoteFlags, [key]: withPayload(flag, payload) } })),
        refresh
      ),
    setDefinitions: (document) =>
      Effect.flatMap(
        Ref.get(backend.state),
        (before) =>
          update((state) => ({ ...state, definitions: Definitions.make(document) })).pipe(
            Effect.andThen(local.reload),
            Effect.tapError(() => update((state) => ({ ...state, definitions: before.definitions })))
          )
      ),
    setPerson: (distinctId, properties) =>
      update((state) => ({ ...state, persons: HashMap.set(state.persons, distinctId, properties) })),
    setGroup: (type, key, properties) =>
      update((state) => ({ ...state, groups: HashMap.set(state.groups, groupId(type, key), properties) })),
    failRemote: (reason, { status, times = 1 } = {}) => backend.trouble({ _tag: "Failure", reason, status }, times),
    limitRemote: (times = 1) => backend.trouble({ _tag: "QuotaLimited" }, times),
    failFlags: (...keys) => backend.trouble({ _tag: "ComputationErrors", failed: keys }, 1),
    rejectEvents: (times, reason = "Overflow") => backend.reject(reason, times),
    events,
    exposures: Effect.map(events, (events) => events.filter(isExposure).map(toExposure)),
    exceptions: Effect.map(events, (events) => events.filter(isException).map(toException)),
    remoteRequests: backend.requests,
    offers: backend.offers,
    forget: Effect.andThen(queue.flush, backend.forget),
    reset: Effect.all([queue.flush, backend.reset, dedup.clear, refresh], { discard: true }),
    expectEvent: function expectEvent(expected) {
      return find("event", expected, callSite(expectEvent))
    },
    expectExposure: function expectExposure(expected) {
      return Effect.map(find("exposure", Expected.ofExposure(expected), callSite(expectExposure)), toExposure)
    },
    expectException: function expectException(expected) {
      return Effect.map(find("exception", Expected.ofException(expected), callSite(expectException)), toException)
    },
    expectNoEvent: function expectNoEvent(unexpected) {
      return refuse("event", unexpected, callSite(expectNoEvent))
    },
    expectNoExposure: function expectNoExposure(unexpected) {
      const event = unexpected === undefined ? { event: exposureEvent } : Expected.ofExposure(unexpected)
      return refuse("exposure", event, callSite(expectNoExposure))
    },
    expectNoException: function expectNoException(unexpected) {
      const event = unexpected === undefined ? { event: exceptionEvent } : Expected.ofException(unexpected)
      return refuse("exception", event, callSite(expectNoException))
    },
    // A getter, so that the place where a test names it is known.
    get expectNoRequest() {
      const frames = callSite(Object.getOwnPropertyDescriptor(this, "expectNoRequest")?.get ?? violation)
      return Effect.flatMap(
        backend.requests,
        (requests) => requests.length === 0 ? Effect.void : violation(Expected.describeRequests(requests), frames)
      )
    }
  })
})
