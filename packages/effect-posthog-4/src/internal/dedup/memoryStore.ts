// Generated from packages/effect-posthog/src/internal/dedup/memoryStore.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Effect from "effect/Effect"
import type { Store } from "./boundedStore.ts"
import { FingerprintSet } from "./fingerprintSet.ts"

const immediate = new WeakSet<Store>()

/**
 * Whether a store is known to answer at once.
 *
 * @internal
 */
export const isImmediate = (store: Store): boolean => immediate.has(store)

/** @internal */
export const memoryStore = (capacity: number, seed: number): Store => {
  const keys = new FingerprintSet(capacity, seed)
  const store: Store = {
    claim: (key) => Effect.sync(() => keys.add(key)),
    release: (key) => Effect.sync(() => keys.remove(key)),
    clear: Effect.sync(() => keys.clear())
  }
  immediate.add(store)
  return store
}
