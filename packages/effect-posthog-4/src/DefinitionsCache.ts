// Generated from packages/effect-posthog/src/DefinitionsCache.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * Flag definitions shared by the instances of an application: one instance fetches for all.
 *
 * @since 3.0.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"

/**
 * The definitions as a cache stores them.
 *
 * **Details**
 *
 * Plain JSON, with the spelling of PostHog's other JavaScript libraries, so that they can share a cache with this one.
 *
 * @since 3.0.0
 * @category models
 */
export interface CachedDefinitions {
  readonly flags: ReadonlyArray<unknown>
  readonly groupTypeMapping: Readonly<Record<string, unknown>>
  readonly cohorts: Readonly<Record<string, unknown>>
  /** Whether flags without an experiment are reported with minimal events. */
  readonly minimalFlagCalledEvents: boolean
  /** Absent when the document does not say, which means version 1. */
  readonly propertyMatchingVersion?: number | undefined
}

/**
 * What a cache answers to `get`.
 *
 * **Details**
 *
 * - `Empty`: it holds no definitions. `withdrawn` when PostHog withdrew them because the quota is used up: then nobody
 *   may go on using them. Without it they may have been lost, and an instance keeps what it has
 * - `Same`: it holds the version that the caller knows
 * - `Definitions`: it holds another version. `definitions` is unchecked: `CachedDefinitions`, or what another library
 *   wrote
 *
 * `asOf` is when PostHog last answered any instance that these definitions are current, in epoch milliseconds.
 * `version` is opaque, and equal for equal definitions alone.
 *
 * @since 3.0.0
 * @category models
 */
export type DefinitionsCacheAnswer =
  | { readonly _tag: "Empty"; readonly withdrawn?: boolean | undefined }
  | { readonly _tag: "Same"; readonly asOf: number }
  | {
    readonly _tag: "Definitions"
    readonly version: string
    /** Validates these definitions, so that an instance that takes over fetching can ask whether they have changed. */
    readonly etag?: string | undefined
    readonly asOf: number
    readonly definitions: unknown
  }

/**
 * A cache failed at one of its operations. The instance goes on without it.
 *
 * @since 3.0.0
 * @category errors
 */
export class DefinitionsCacheError extends Data.TaggedError("DefinitionsCacheError")<{
  readonly operation:
    | "shouldFetch"
    | "get"
    | "received"
    | "confirmed"
    | "failed"
    | "withdrawn"
    | "changed"
    | "shutdown"
  readonly problem?: string | undefined
  readonly cause?: unknown
}> {
  override get message(): string {
    return `The shared cache of flag definitions failed at ${this.operation}${
      this.problem === undefined ? "" : `: ${this.problem}`
    }`
  }
}

/**
 * Which definitions a shared memory holds, and which participant fetches them.
 *
 * @since 3.0.0
 * @category models
 */
export interface MemoryState {
  readonly stored: Option.Option<Extract<DefinitionsCacheAnswer, { readonly _tag: "Definitions" }>>
  /** The quota is used up: the definitions were withdrawn. */
  readonly withdrawn: boolean
  /** The participant with the lease. */
  readonly holder: number | undefined
  /** Epoch milliseconds. */
  readonly leaseEndsAt: number
  /** How many there have been; each is known by its number. */
  readonly participants: number
}

/**
 * What the participants of `DefinitionsCache.layerMemory` share.
 *
 * @since 3.0.0
 * @category models
 */
export interface SharedMemory {
  readonly lease: Duration.Duration
  readonly state: Ref.Ref<MemoryState>
  /** The number of the participant that changed the definitions. */
  readonly changes: PubSub.PubSub<number>
}

/** Changes that a participant may be behind. One is as good as many. */
const changesKept = 1

const emptyMemory: MemoryState = {
  stored: Option.none(),
  withdrawn: false,
  holder: undefined,
  leaseEndsAt: 0,
  participants: 0
}

const versionOf = ({ stored }: MemoryState): string | undefined =>
  Option.getOrUndefined(Option.map(stored, ({ version }) => version))

const participant = (
  self: number,
  { changes, lease, state }: SharedMemory
): DefinitionsCache["Service"] => {
  const leaseMillis = Duration.toMillis(lease)

  const isHeld = ({ holder, leaseEndsAt }: MemoryState, now: number): boolean => {
    const remaining = leaseEndsAt - now
    // More than a whole lease remains after the clock was set back: then the age of this lease is unknown.
    return holder !== undefined && remaining > 0 && remaining <= leaseMillis
  }

  // Of a participant that has lost its lease nothing is taken: another one may know more.
  const update = (change: (memory: MemoryState, now: number) => MemoryState) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.flatMap(
        Ref.modify(state, (memory) => {
          if (memory.holder !== self || !isHeld(memory, now)) return [false, memory]
          const changed = change(memory, now)
          return [versionOf(changed) !== versionOf(memory), changed]
        }),
        (changed) => changed ? Effect.asVoid(PubSub.publish(changes, self)) : Effect.void
      ))

  const handOver = Ref.update(state, (memory) => memory.holder === self ? { ...memory, holder: undefined } : memory)

  return {
    shouldFetch: Effect.flatMap(
      Clock.currentTimeMillis,
      (now) =>
        Ref.modify(state, (memory) =>
          isHeld(memory, now)
            ? [memory.holder === self, memory]
            : [true, { ...memory, holder: self, leaseEndsAt: now + leaseMillis }])
    ),
    get: (known) =>
      Effect.map(Ref.get(state), ({ stored, withdrawn }): DefinitionsCacheAnswer =>
        Option.match(stored, {
          onNone: () => withdrawn ? { _tag: "Empty", withdrawn } : { _tag: "Empty" },
          onSome: (found) => found.version === known ? { _tag: "Same", asOf: found.asOf } : found
        })),
    received: (definitions, etag) =>
      update((memory, now) => ({
        ...memory,
        stored: Option.some({
          _tag: "Definitions",
          version: JSON.stringify(definitions),
          ...(etag === undefined ? {} : { etag }),
          asOf: now,
          definitions
        }),
        withdrawn: false,
        leaseEndsAt: now + leaseMillis
      })),
    confirmed: update((memory, now) => ({
      ...memory,
      stored: Option.map(memory.stored, (found) => ({ ...found, asOf: now })),
      leaseEndsAt: now + leaseMillis
    })),
    failed: handOver,
    withdrawn: update((memory) => ({ ...memory, stored: Option.none(), withdrawn: true })),
    shutdown: handOver,
    changed: Stream.fromPubSub(changes).pipe(Stream.filter((from) => from !== self), Stream.map(() => {}))
  }
}

/**
 * One participant's access to a shared cache.
 *
 * **When to use**
 *
 * Provide an implementation to `DefinitionsSource.layerShared`: `layerMemory` within a process, `RedisDefinitions` of
 * `@effect-posthog/redis` or `SqlDefinitions` of `@effect-posthog/sql` between processes. To write one, pass the contract
 * suite that `@effect-posthog/testkit` exports.
 *
 * **Details**
 *
 * `DefinitionsSource.layerShared` calls it in this way:
 *
 * - `shouldFetch` begins every load. `true` grants this participant a lease: it fetches from PostHog, for all. A lease
 *   ends by itself, and only a success renews it
 * - after a `true`, one of: `received`, once the definitions are installed; `confirmed`, when PostHog answered that they
 *   have not changed; `withdrawn`, when the quota is used up; `failed` otherwise, which gives the lease up at once.
 *   From a participant that has lost its lease none of them changes anything
 * - `get` follows a `false`, with the version that the participant has installed, if it came from the cache
 * - `changed` tells that the definitions may differ from those before; it may miss changes, and may be empty
 * - `shutdown` is called once, when the layer closes, even when nothing was fetched
 *
 * Every call is bounded in time. One that fails or takes too long counts as `true` for `shouldFetch` and as nothing for
 * the others.
 *
 * @since 3.0.0
 * @category tags
 */
export class DefinitionsCache extends Context.Service<DefinitionsCache, {
  readonly shouldFetch: Effect.Effect<boolean, DefinitionsCacheError>
  readonly get: (known?: string) => Effect.Effect<DefinitionsCacheAnswer, DefinitionsCacheError>
  readonly received: (definitions: CachedDefinitions, etag?: string) => Effect.Effect<void, DefinitionsCacheError>
  readonly confirmed: Effect.Effect<void, DefinitionsCacheError>
  readonly failed: Effect.Effect<void, DefinitionsCacheError>
  readonly withdrawn: Effect.Effect<void, DefinitionsCacheError>
  readonly shutdown: Effect.Effect<void, DefinitionsCacheError>
  readonly changed: Stream.Stream<void, DefinitionsCacheError>
}>()("effect-posthog/DefinitionsCache") {
  /**
   * Memory for several participants in one process.
   *
   * **Details**
   *
   * `lease`: how long a participant that does not succeed keeps others from fetching. More than the poll interval.
   * Default: one minute.
   *
   * @since 3.0.0
   * @category constructors
   */
  static readonly makeMemory = (
    options: { readonly lease?: Duration.Input | undefined } = {}
  ): Effect.Effect<SharedMemory> =>
    Effect.all({
      lease: Effect.succeed(Duration.fromInputUnsafe(options.lease ?? "1 minute")),
      state: Ref.make(emptyMemory),
      changes: PubSub.sliding<number>(changesKept)
    })

  /**
   * A participant of a shared memory, a new one each time it is built.
   *
   * @since 3.0.0
   * @category layers
   */
  static readonly layerMemory = (memory: SharedMemory): Layer.Layer<DefinitionsCache> =>
    Layer.effect(
      DefinitionsCache,
      Effect.map(
        Ref.modify(memory.state, (state) => [state.participants, { ...state, participants: state.participants + 1 }]),
        (self) => participant(self, memory)
      )
    )
}
