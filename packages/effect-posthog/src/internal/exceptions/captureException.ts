import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { EventId } from "../../EventDraft.ts"
import type { EventQueue } from "../../EventQueue.ts"
import * as boundaries from "./boundaries.ts"
import { ofFiber } from "./origin.ts"
import { type Given, reportTo } from "./report.ts"

/**
 * Reports an exception for the promise client.
 *
 * @internal
 */
export const captureException = (
  queue: EventQueue["Type"],
  error: unknown,
  given: Given
): Effect.Effect<EventId | undefined> =>
  Effect.map(
    Effect.withFiberRuntime<Option.Option<EventId>>((fiber) =>
      reportTo(fiber, queue, boundaries.captureException, error, given, () => ofFiber(fiber))
    ),
    Option.getOrUndefined
  )
