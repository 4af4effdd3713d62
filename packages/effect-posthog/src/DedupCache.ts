/**
 * Reporting each exposure once: the policy (`DedupCache`) and the memory behind it (`DedupStore`).
 *
 * @since 3.0.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import { boundedStore } from "./internal/dedup/boundedStore.ts"
import { isImmediate, memoryStore } from "./internal/dedup/memoryStore.ts"
import { PostHogConfig } from "./PostHogConfig.ts"

// The seed keeps the sender of a distinct id from choosing what it collides with.
const makeMemory = (capacity: number) =>
  Effect.map(Random.nextIntBetween(0, 2 ** 32), (seed) => memoryStore(capacity, seed))

/** @internal */
export const makeMemoryStore = Effect.flatMap(PostHogConfig, ({ dedup }) => makeMemory(dedup.capacity))

/**
 * A bounded set of strings, in memory, with an atomic add.
 *
 * **When to use**
 *
 * Replace it to decide differently what is remembered, or for how long. To report an exposure once for many processes
 * there is `RedisClaims` of `@effect-posthog/redis`, which asks when events are sent rather than when flags are read.
 *
 * **Details**
 *
 * The read of a flag waits for `claim`, so a store answers at once. `DedupCache.layer` waits 50 milliseconds for one that
 * does not, then reports the exposure and leaves the store alone for 5 seconds; so it does when the store dies.
 *
 * **Example**
 *
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { DedupCache, DedupStore } from "effect-posthog"
 *
 * const known = new Set<string>()
 * const unbounded = Layer.succeed(DedupStore, {
 *   claim: (key) => Effect.sync(() => !known.has(key) && known.add(key).has(key)),
 *   release: (key) => Effect.sync(() => void known.delete(key)),
 *   clear: Effect.sync(() => known.clear())
 * })
 *
 * const program = Effect.gen(function*() {
 *   const { claim } = yield* DedupCache
 *   const exposure = { distinctId: "ada", key: "pricing", value: "annual" }
 *   assert.deepStrictEqual([yield* claim(exposure), yield* claim(exposure)], [true, false])
 * })
 *
 * Effect.runPromise(Effect.provide(program, Layer.provide(DedupCache.layer, unbounded)))
 * ```
 *
 * @since 3.0.0
 * @category tags
 */
// @effect-diagnostics-next-line deterministicKeys:off -- the key does not follow the module that the tag happens to be in
export class DedupStore extends Context.Tag("effect-posthog/DedupStore")<DedupStore, {
  /** Adds the key. `true` when it was not there: of any number of concurrent claims exactly one gets `true`. */
  readonly claim: (key: string) => Effect.Effect<boolean>
  readonly release: (key: string) => Effect.Effect<void>
  /**
   * Forgets every key. `DedupCache.layer` calls it when its scope closes, so a store that several clients share must do
   * nothing here.
   */
  readonly clear: Effect.Effect<void>
}>() {
  /**
   * Remembers the most recently claimed keys: `dedup.capacity` of them, by default 50,000.
   *
   * **Details**
   *
   * When it is full, one more key evicts the one that was claimed longest ago. It keeps 64 bits of each key, at most 20
   * bytes of memory for each key of its capacity, which is at most 16,777,216. A new key that shares the 64 bits of a
   * remembered one counts as claimed, which costs one exposure; with a million keys the odds are one in 18 million
   * million for each new key.
   *
   * @since 3.0.0
   * @category layers
   */
  static readonly layerMemory: Layer.Layer<DedupStore, never, PostHogConfig> = Layer.effect(
    DedupStore,
    makeMemoryStore
  )

  /**
   * {@link DedupStore.layerMemory} with a capacity of its own, at least one, and without configuration.
   *
   * @since 3.0.0
   * @category layers
   */
  static readonly layerMemoryWith = (options: { readonly capacity: number }): Layer.Layer<DedupStore> =>
    Layer.effect(DedupStore, Effect.suspend(() => makeMemory(options.capacity)))
}

/**
 * What makes two exposures the same. `value` is absent for a flag that has none; the order of `groups` is of no
 * consequence, and none is the same as `{}`.
 *
 * @since 3.0.0
 * @category models
 */
export interface ExposureKey {
  readonly distinctId: string
  readonly key: string
  readonly value?: boolean | string | undefined
  readonly deviceId?: string | undefined
  readonly groups?: Readonly<Record<string, string | number>> | undefined
}

// Text with its length in front: what follows cannot be taken for a part of it.
const text = (part: string): string => `${part.length}:${part}`

const value = ({ value }: ExposureKey): string => {
  switch (typeof value) {
    case "string":
      return `s${text(value)}`
    case "boolean":
      return value ? "b1" : "b0"
    default:
      return "n"
  }
}

// The default order of strings is by code unit, whatever the locale.
const groups = ({ groups }: ExposureKey): string => {
  if (groups === undefined) return ""
  let encoded = ""
  for (const type of Object.keys(groups).sort()) encoded += text(type) + text(String(groups[type]))
  return encoded
}

/**
 * The exposure as one string: two exposures are the same exactly when their strings are.
 *
 * @since 3.0.0
 * @category getters
 */
export const encode = (exposure: ExposureKey): string =>
  text(exposure.distinctId) + text(exposure.key) + value(exposure) + text(exposure.deviceId ?? "") + groups(exposure)

/** @internal */
export const makeDedupCache = Effect.gen(function*() {
  const given = yield* DedupStore
  const store = isImmediate(given) ? given : boundedStore(given)
  yield* Effect.addFinalizer(() => store.clear)
  return {
    claim: (exposure: ExposureKey) => store.claim(encode(exposure)),
    release: (exposure: ExposureKey) => store.release(encode(exposure))
  }
})

/**
 * Decides whether an exposure still has to be reported.
 *
 * **Example**
 *
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { DedupCache } from "effect-posthog"
 *
 * // Reports the exposures of staff never, and all others each time.
 * const withoutStaff = Layer.succeed(DedupCache, {
 *   claim: ({ distinctId }) => Effect.succeed(!distinctId.startsWith("staff-")),
 *   release: () => Effect.void
 * })
 *
 * const program = Effect.gen(function*() {
 *   const { claim } = yield* DedupCache
 *   assert.strictEqual(yield* claim({ distinctId: "staff-1", key: "pricing", value: "annual" }), false)
 * })
 *
 * Effect.runPromise(Effect.provide(program, withoutStaff))
 * ```
 *
 * @since 3.0.0
 * @category tags
 */
export class DedupCache extends Context.Tag("effect-posthog/DedupCache")<DedupCache, {
  /** `true`: report it. Of any number of concurrent claims exactly one gets `true`. */
  readonly claim: (exposure: ExposureKey) => Effect.Effect<boolean>
  /** Takes a claim back, because the event could not be queued. */
  readonly release: (exposure: ExposureKey) => Effect.Effect<void>
}>() {
  /**
   * Remembers exposures in the `DedupStore`, which is cleared when the scope closes.
   *
   * **Details**
   *
   * A store that does not answer within 50 milliseconds, or dies, is left alone for 5 seconds. Meanwhile every exposure is
   * reported. `PostHogMetrics.dedupStoreFailures` counts such calls; the first is logged.
   *
   * @since 3.0.0
   * @category layers
   */
  static readonly layer: Layer.Layer<DedupCache, never, DedupStore> = Layer.scoped(
    DedupCache,
    makeDedupCache
  )

  /**
   * Reports nothing, ever.
   *
   * @since 3.0.0
   * @category layers
   */
  static readonly layerNoop: Layer.Layer<DedupCache> = Layer.succeed(DedupCache, {
    claim: () => Effect.succeed(false),
    release: () => Effect.void
  })
}
