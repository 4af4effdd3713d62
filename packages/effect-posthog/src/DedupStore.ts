/**
 * Where reported exposures are remembered.
 *
 * @since 0.1.0
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
 * @since 0.1.0
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
   * @since 0.1.0
   * @category layers
   */
  static readonly layerMemory: Layer.Layer<DedupStore, never, PostHogConfig> = Layer.effect(
    DedupStore,
    Effect.map(PostHogConfig, ({ dedup }) => make(dedup.capacity))
  )

  /**
   * The same with a capacity of its own, at least one, and without configuration.
   *
   * @since 0.1.0
   * @category layers
   */
  static readonly layerMemoryWith = (options: { readonly capacity: number }): Layer.Layer<DedupStore> =>
    Layer.sync(DedupStore, () => make(Math.max(1, options.capacity)))
}
