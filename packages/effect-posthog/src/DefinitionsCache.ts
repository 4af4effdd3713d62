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
import * as Ref from "effect/Ref"

/**
 * A definitions document as it lies in a shared cache: plain JSON, with the spelling that other PostHog libraries for
 * JavaScript use, so that they can share a cache with this one.
 *
 * @since 3.0.0
 * @category models
 */
export interface CachedDefinitions {
  readonly flags: ReadonlyArray<unknown>
  readonly groupTypeMapping: Readonly<Record<string, unknown>>
  readonly cohorts: Readonly<Record<string, unknown>>
  /** The gate for minimal exposure events. */
  readonly minimalFlagCalledEvents: boolean
  /** Absent when the document says nothing about it, which means version 1. */
  readonly propertyMatchingVersion?: number | undefined
}

/**
 * A cache could not do what it was asked. Whoever uses definitions goes on without it.
 *
 * @since 3.0.0
 * @category errors
 */
export class DefinitionsCacheError extends Data.TaggedError("DefinitionsCacheError")<{
  readonly operation: "shouldFetch" | "get" | "received" | "shutdown"
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
 * What lies in a shared memory, and who fetches for it.
 *
 * @since 3.0.0
 * @category models
 */
export interface MemoryState {
  readonly definitions: Option.Option<CachedDefinitions>
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
}

const emptyMemory: MemoryState = {
  definitions: Option.none(),
  holder: undefined,
  leaseEndsAt: 0,
  participants: 0
}

const participant = (
  self: number,
  { lease, state }: SharedMemory
): Context.Tag.Service<DefinitionsCache> => ({
  shouldFetch: Effect.flatMap(
    Clock.currentTimeMillis,
    (now) =>
      Ref.modify(state, (memory) => {
        const { holder, leaseEndsAt } = memory
        const remaining = leaseEndsAt - now
        // More than a whole lease remains when the clock was set back: then nobody can tell how old this one is.
        const isHeld = remaining > 0 && remaining <= Duration.toMillis(lease)
        return holder !== undefined && holder !== self && isHeld
          ? [false, memory]
          : [true, { ...memory, holder: self, leaseEndsAt: now + Duration.toMillis(lease) }]
      })
  ),
  get: Effect.map(Ref.get(state), ({ definitions }) => definitions),
  // A participant that lost its lease while it fetched has nothing newer than the one that took over.
  received: (definitions) =>
    Ref.update(
      state,
      (memory) => memory.holder === self ? { ...memory, definitions: Option.some(definitions) } : memory
    ),
  shutdown: Ref.update(state, (memory) => memory.holder === self ? { ...memory, holder: undefined } : memory)
})

/**
 * One participant's access to a shared cache. `DefinitionsSource.layerShared` calls it, in this way:
 *
 * - `shouldFetch` begins every load. `true`: this participant fetches from PostHog, for all
 * - `get` follows a `false`
 * - `received` follows a fetch that `shouldFetch` had called for, after the definitions were installed; an answer that
 *   the definitions have not changed is not told
 * - `shutdown` is called once, when the layer closes, also when nothing was ever fetched
 *
 * Every call is bounded in time; one that fails, or takes too long, counts as `true` for `shouldFetch` and as nothing
 * for `get`. An implementation decides who fetches, usually with a lease that ends when its holder dies.
 *
 * @since 3.0.0
 * @category tags
 */
export class DefinitionsCache extends Context.Tag("effect-posthog/DefinitionsCache")<DefinitionsCache, {
  readonly shouldFetch: Effect.Effect<boolean, DefinitionsCacheError>
  /** What lies in the cache, unchecked: `CachedDefinitions`, or the form of an older library. */
  readonly get: Effect.Effect<Option.Option<unknown>, DefinitionsCacheError>
  readonly received: (definitions: CachedDefinitions) => Effect.Effect<void, DefinitionsCacheError>
  readonly shutdown: Effect.Effect<void, DefinitionsCacheError>
}>() {
  /**
   * Memory for several participants in one process. `lease`: how long after its last load a participant that does the
   * fetching is replaced by another; more than the poll interval. Default: one minute.
   *
   * @since 3.0.0
   * @category constructors
   */
  static readonly makeMemory = (
    options: { readonly lease?: Duration.DurationInput | undefined } = {}
  ): Effect.Effect<SharedMemory> =>
    Effect.map(Ref.make(emptyMemory), (state) => ({ lease: Duration.decode(options.lease ?? "1 minute"), state }))

  /**
   * One participant of a shared memory, each time it is built: one of them holds the lease, and fetches; when it has not
   * come back before the lease ends, or shuts down, the next that asks takes over.
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
