/**
 * Flags typed by `effect-posthog typegen`: values, variants and payloads as PostHog defines them, with defaults, so that
 * reading one needs no error handling.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { FlagSnapshot } from "effect-posthog"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { flags } from "./storefront/flags.ts"

const program = Effect.gen(function*() {
  const snapshot = FlagSnapshot.fromValues(
    { "new-checkout": true, "pricing-page": "annual-first" },
    { payloads: { "pricing-page": { headline: "Two months free", discount: 0.17 } } }
  )
  const isNew: boolean = yield* snapshot.get(flags.newCheckout)
  const pricing: "control" | "annual-first" | false = yield* snapshot.get(flags.pricingPage)
  const offer = yield* snapshot.payload(flags.pricingPage)
  const headline: string = Option.match(offer, { onNone: () => "none", onSome: ({ headline }) => headline })
  yield* Console.log(`new checkout: ${isNew}, pricing page: ${pricing}, headline: ${headline}`)
  yield* Console.log(`button color, which nobody decided: ${yield* snapshot.get(flags.buttonColor)}`)
})

NodeRuntime.runMain(program)
