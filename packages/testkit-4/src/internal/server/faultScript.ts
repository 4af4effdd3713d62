// Generated from packages/testkit/src/internal/server/faultScript.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Effect from "effect/Effect"
import * as Fault from "../../Fault.ts"
import type { Endpoint } from "../../Recording.ts"

/**
 * Which fault the next request to an endpoint meets.
 *
 * @internal
 */
export interface FaultScript {
  readonly script: (endpoint: Endpoint, faults: ReadonlyArray<Fault.Fault>) => Effect.Effect<void>
  readonly always: (endpoint: Endpoint, fault: Fault.Fault) => Effect.Effect<void>
  readonly clear: (endpoint?: Endpoint) => Effect.Effect<void>
  readonly next: (endpoint: Endpoint | "other") => Effect.Effect<Fault.Fault>
}

/** @internal */
export const make = (): FaultScript => {
  const queues = new Map<Endpoint | "other", Array<Fault.Fault>>()
  const standing = new Map<Endpoint | "other", Fault.Fault>()

  return {
    script: (endpoint, faults) =>
      Effect.sync(() => {
        queues.set(endpoint, [...(queues.get(endpoint) ?? []), ...faults])
      }),
    always: (endpoint, fault) =>
      Effect.sync(() => {
        standing.set(endpoint, fault)
      }),
    clear: (endpoint) =>
      Effect.sync(() => {
        if (endpoint === undefined) {
          queues.clear()
          standing.clear()
        } else {
          queues.delete(endpoint)
          standing.delete(endpoint)
        }
      }),
    next: (endpoint) => Effect.sync(() => queues.get(endpoint)?.shift() ?? standing.get(endpoint) ?? Fault.pass)
  }
}
