/**
 * Reporting each exposure once: the policy (`DedupCache`) and the memory behind it (`DedupStore`).
 *
 * @since 3.0.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { PostHogConfig } from "./PostHogConfig.ts"

const make = (capacity: number): typeof DedupStore.Service => {
  // A Map iterates in the order of insertion, and a key that is deleted and set again goes to its end: the first key is
  // the one that was claimed longest ago. One iterator stays where it evicted last: a new one would have to pass the
  // gaps that all the evicted keys left behind.
  const keys = new Map<string, true>()
  let byAge = keys.keys()
  return {
    claim: (key) =>
      Effect.sync(() => {
        const isNew = !keys.delete(key)
        keys.set(key, true)
        if (keys.size > capacity) {
          const oldest = byAge.next()
          if (oldest.done !== true) keys.delete(oldest.value)
        }
        return isNew
      }),
    release: (key) =>
      Effect.sync(() => {
        keys.delete(key)
      }),
    clear: Effect.sync(() => {
      keys.clear()
      byAge = keys.keys()
    })
  }
}

/**
 * A bounded set of strings with an atomic add. A flag that is read waits for `claim`, and cannot be interrupted meanwhile: a
 * store behind a network has to answer in time, whatever fails.
 *
 * @since 3.0.0
 * @category tags
 */
export class DedupStore extends Context.Tag("effect-posthog/DedupStore")<DedupStore, {
  /** Adds the key. `true` when it was not there: of any number of concurrent claims exactly one gets `true`. */
  readonly claim: (key: string) => Effect.Effect<boolean>
  readonly release: (key: string) => Effect.Effect<void>
  /**
   * Forgets every key. `DedupCache.layer` calls it when its scope closes, so a store that several processes share must
   * do nothing here.
   */
  readonly clear: Effect.Effect<void>
}>() {
  /**
   * Remembers the most recently claimed keys in memory, `dedup.capacity` of them (50,000 by default). When it is full
   * one more key evicts the one that was claimed longest ago; it never clears under pressure.
   *
   * @since 3.0.0
   * @category layers
   */
  static readonly layerMemory: Layer.Layer<DedupStore, never, PostHogConfig> = Layer.effect(
    DedupStore,
    Effect.map(PostHogConfig, ({ dedup }) => make(dedup.capacity))
  )

  /**
   * The same with a capacity of its own, at least one, and without configuration.
   *
   * @since 3.0.0
   * @category layers
   */
  static readonly layerMemoryWith = (options: { readonly capacity: number }): Layer.Layer<DedupStore> =>
    Layer.sync(DedupStore, () => make(Math.max(1, options.capacity)))
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

/**
 * Decides whether an exposure still has to be reported.
 *
 * @since 3.0.0
 * @category tags
 */
export class DedupCache extends Context.Tag("effect-posthog/DedupCache")<DedupCache, {
  /** `true`: report it, nobody else will. Of any number of concurrent claims exactly one gets `true`. */
  readonly claim: (exposure: ExposureKey) => Effect.Effect<boolean>
  /** Takes a claim back, because the event could not be queued. */
  readonly release: (exposure: ExposureKey) => Effect.Effect<void>
}>() {
  /**
   * Remembers exposures in the `DedupStore`, which is cleared when the scope closes.
   *
   * @since 3.0.0
   * @category layers
   */
  static readonly layer: Layer.Layer<DedupCache, never, DedupStore> = Layer.scoped(
    DedupCache,
    Effect.gen(function*() {
      const store = yield* DedupStore
      yield* Effect.addFinalizer(() => store.clear)
      return {
        claim: (exposure) => store.claim(encode(exposure)),
        release: (exposure) => store.release(encode(exposure))
      }
    })
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
