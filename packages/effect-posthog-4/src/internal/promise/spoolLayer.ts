// Generated from packages/effect-posthog/src/internal/promise/spoolLayer.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { SpoolOptions } from "../../EventSpool.ts"
import type { EventStore } from "../../EventStore.ts"
import { PostHogConfigError } from "../../PostHogConfigError.ts"
import type { Runtime } from "../runtime.ts"
import { validateSpool } from "../spool/spoolOptions.ts"
import { settingsOrThrow } from "./settingsOrThrow.ts"

type StoreLayer = Layer.Layer<EventStore, PostHogConfigError>

const isStore = (spool: SpoolOptions | StoreLayer): spool is StoreLayer => Layer.isLayer(spool)

/**
 * What keeps the events of a client: a spool in a folder, a store of its user, or nothing but memory. Throws
 * `PostHogConfigError` when the options cannot be used.
 *
 * @internal
 */
export const spoolLayer = (
  spool: SpoolOptions | StoreLayer | undefined,
  runtime: Runtime
): Layer.Layer<never, PostHogConfigError> | StoreLayer => {
  if (spool === undefined || spool === null) return Layer.empty
  if (isStore(spool)) return spool
  if (runtime === "worker") {
    throw new PostHogConfigError({ option: "spool", problem: "needs a folder, which a worker does not have" })
  }
  const settings = settingsOrThrow(validateSpool(spool))
  // Most clients have no spool.
  return Layer.unwrap(
    Effect.map(Effect.promise(() => import("../spool/nodeSpool.ts")), ({ layerNode }) => layerNode(settings))
  )
}
