// Generated from packages/effect-posthog/src/internal/exceptions/captureException.ts by packages/tools/editions.mjs: change that file, not this one.
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
  queue: EventQueue["Service"],
  error: unknown,
  given: Given
): Effect.Effect<EventId | undefined> =>
  Effect.map(
    Effect.withFiber<Option.Option<EventId>>((fiber) =>
      reportTo(fiber, queue, boundaries.captureException, error, given, () => ofFiber(fiber))
    ),
    Option.getOrUndefined
  )
