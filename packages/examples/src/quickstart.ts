/**
 * The whole job on one page: flags decided locally, flags that need the server, the server failing, and events that
 * carry the values the code branched on. It runs against a PostHog-compatible server in this process, over real HTTP.
 */
import { Fault, PostHogServer } from "@effect-posthog/testkit"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { evaluateFlags, Events, Flag, LocalEvaluator, PostHog } from "effect-posthog"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { customer, definitions, localKeys } from "./storefront/definitions.ts"
import { heading, line, printSnapshot, styled } from "./storefront/printing.ts"

const flags = Flag.registry({
  newCheckout: Flag.boolean("new-checkout").pipe(Flag.withDefault(false)),
  pricingPage: Flag.variants("pricing-page", ["control", "annual-first"]).pipe(
    Flag.withDefault("control"),
    Flag.withPayload(Schema.Struct({ headline: Schema.String, discount: Schema.Number })),
    Flag.withPayloadDefault({ headline: "-", discount: 0 })
  )
})

const allLocal = Effect.gen(function*() {
  yield* heading("1. Decided locally: no request")
  const snapshot = yield* evaluateFlags({ ...customer, flagKeys: localKeys })
  yield* printSnapshot(snapshot)
  return snapshot
})

const localAndRemote = Effect.gen(function*() {
  yield* heading("2. One flag needs the server: one request for the whole evaluation")
  const snapshot = yield* evaluateFlags(customer)
  yield* printSnapshot(yield* snapshot.only(["new-checkout", "welcome-tour"]))
  return snapshot
})

const serverFailing = Effect.gen(function*() {
  yield* heading("3. The server fails: the error carries what resolved")
  const server = yield* PostHogServer.PostHogServer
  yield* server.script("flags", Fault.status(503))
  const snapshot = yield* evaluateFlags(customer).pipe(
    Effect.catchTag("RemoteFlagsError", (error) =>
      Effect.as(
        line(
          `${styled("red", error._tag)} ${error.reason} ${error.httpStatus ?? ""}, ${error.snapshot.keys.length} flags`
        ),
        error.snapshot
      ))
  )
  const tour = yield* snapshot.isEnabled("welcome-tour", { defaultValue: false })
  yield* line(`welcome-tour is missing, so its default is used: ${tour}`)
})

const eventWithFlags = Effect.gen(function*() {
  yield* heading("4. Branch, then capture what the code branched on")
  const snapshot = yield* evaluateFlags(customer)
  const newCheckout = yield* snapshot.get(flags.newCheckout)
  const pricing = yield* snapshot.get(flags.pricingPage)
  const offer = yield* snapshot.payload(flags.pricingPage)
  yield* line(`new-checkout: ${newCheckout}`)
  yield* line(`pricing-page: ${pricing}`)
  yield* line(`headline:     ${offer.headline}`)
  yield* Events.capture({
    event: "checkout finished",
    distinctId: customer.distinctId,
    properties: { total: 42 },
    flags: yield* snapshot.onlyAccessed
  })
  yield* Events.flush
})

const whatTheServerSaw = Effect.gen(function*() {
  yield* heading("What the server received")
  const server = yield* PostHogServer.PostHogServer
  for (const request of yield* server.requests) {
    const status = Option.match(request.status, { onNone: () => "no answer", onSome: String })
    yield* line(`${request.method.padEnd(4)} ${request.path.padEnd(18)} ${status}`)
  }
  for (const { event, properties } of yield* server.events) {
    const shown = event === "$feature_flag_called"
      ? [
        `${properties["$feature_flag"]} = ${properties["$feature_flag_response"]}`,
        ...(properties["$feature_flag_error"] === undefined ? [] : [`(${properties["$feature_flag_error"]})`])
      ].join(" ")
      : Object.entries(properties)
        .filter(([name]) => name.startsWith("$feature/") || name === "$active_feature_flags")
        .map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
        .join(", ")
    yield* line(`${styled("cyan", event.padEnd(20))} ${shown}`)
  }
})

const program = Effect.gen(function*() {
  const evaluator = yield* LocalEvaluator
  yield* evaluator.ready
  yield* allLocal
  yield* localAndRemote
  yield* serverFailing
  yield* eventWithFlags
  yield* whatTheServerSaw
})

const PostHogLive = Layer.unwrapEffect(
  Effect.map(
    PostHogServer.PostHogServer,
    ({ url }) => PostHog.layer({ apiKey: Redacted.make("phc_test"), secretKey: Redacted.make("phs_test"), host: url })
  )
).pipe(
  Layer.provide(FetchHttpClient.layer),
  Layer.provideMerge(PostHogServer.layer({ definitions, remoteFlags: { "welcome-tour": true } }))
)

program.pipe(Effect.provide(PostHogLive), NodeRuntime.runMain)
