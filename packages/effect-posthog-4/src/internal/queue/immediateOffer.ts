// Generated from packages/effect-posthog/src/internal/queue/immediateOffer.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type { OfferResult } from "../../Delivery.ts"
import type { EventDraft } from "../../EventDraft.ts"

type Offer = (draft: EventDraft) => Effect.Effect<OfferResult>

/** Offers at once, within the step of a fiber that is running. Gives an exit when nothing has to be waited for. */
type ImmediateOffer = (fiber: Fiber.Fiber<unknown, unknown>, draft: EventDraft) => Effect.Effect<OfferResult>

const immediateOffers = new WeakMap<Offer, ImmediateOffer>()

/**
 * An `offer` that fibers can also carry out as part of a step of their own: see decision 0033.
 *
 * @internal
 */
export const makeOffer = (now: ImmediateOffer): Offer => {
  const offer: Offer = (draft) => Effect.withFiber((fiber) => now(fiber, draft))
  immediateOffers.set(offer, now)
  return offer
}

/**
 * Offers, within the current step if the queue is the library's own.
 *
 * @internal
 */
export const offerNow = (
  fiber: Fiber.Fiber<unknown, unknown>,
  offer: Offer,
  draft: EventDraft
): Effect.Effect<OfferResult> => {
  const now = immediateOffers.get(offer)
  return now === undefined ? offer(draft) : now(fiber, draft)
}

/**
 * Whether the answer is there already.
 *
 * @internal
 */
export const isAnswered = (offered: Effect.Effect<OfferResult>): offered is Exit.Success<OfferResult, never> =>
  Exit.isExit(offered) && offered._tag === "Success"

/**
 * Offers to a queue, within the current step if the queue is the library's own, and goes on with the answer.
 *
 * @internal
 */
export const offerThen = <A, E>(
  fiber: Fiber.Fiber<unknown, unknown>,
  queue: { readonly offer: Offer },
  draft: EventDraft,
  next: (offered: OfferResult) => Effect.Effect<A, E>
): Effect.Effect<A, E> => {
  const offered = offerNow(fiber, queue.offer, draft)
  return isAnswered(offered) ? next(offered.value) : Effect.flatMap(offered, next)
}
