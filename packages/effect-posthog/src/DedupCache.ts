/**
 * The policy of exposure deduplication.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { DedupStore } from "./DedupStore.ts"
import { encode } from "./ExposureKey.ts"
import type { ExposureKey } from "./ExposureKey.ts"

/**
 * Decides whether an exposure still has to be reported.
 *
 * @since 0.1.0
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
   * @since 0.1.0
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
   * @since 0.1.0
   * @category layers
   */
  static readonly layerNoop: Layer.Layer<DedupCache> = Layer.succeed(DedupCache, {
    claim: () => Effect.succeed(false),
    release: () => Effect.void
  })
}
