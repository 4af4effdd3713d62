// What an application does with the client, on any runtime: one evaluation, typed reads, an event, delivery.
import { compile, evaluateFlag } from "@effect-posthog/evaluator"
import { regexEngine } from "@effect-posthog/regex-re2"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { Effect, Layer, Option, Redacted, Schema } from "effect"
import type { EvaluationRequest, FlagSnapshot, RemoteFlagsError } from "effect-posthog"
import { evaluateFlags, Events, Flag, Flags, LocalEvaluator, PostHog, RequestContext } from "effect-posthog"
import type { Delivery } from "effect-posthog/Delivery"
import * as EventQueue from "effect-posthog/EventQueue"
import * as PostHogPromise from "effect-posthog/PostHogPromise"

const pricing = Flag.variants("pricing", ["control", "annual"]).pipe(
  Flag.withPayload(Schema.Struct({ headline: Schema.String }))
)

const request: EvaluationRequest = {
  personProperties: { email: "ada@example.com" },
  groups: { company: 17 }
}

const policy = (snapshot: Effect.Effect<FlagSnapshot, RemoteFlagsError, PostHog.Services>) => Flags.orPartial(snapshot)

const program = Effect.gen(function*() {
  yield* LocalEvaluator.readyWithin("20 seconds")
  const queue = yield* EventQueue.EventQueue
  const flags = yield* policy(evaluateFlags(request))
  const values = {
    beta: yield* flags.isEnabled("beta"),
    pricing: Option.getOrNull(yield* flags.get(pricing)),
    headline: Option.getOrNull(Option.map(yield* flags.payload(pricing), ({ headline }) => headline)),
    remote: Option.getOrNull(yield* flags.getFlag("remote-only"))
  }
  yield* Events.capture({ event: "consumed", flags })
  yield* Events.flush
  const { delivered, dropped } = yield* queue.counts
  const kinds: ReadonlyArray<Delivery["_tag"]> = ["Delivered", "Dropped"]
  return { ...values, delivered, dropped, kinds: kinds.length }
}).pipe(RequestContext.with({ distinctId: "ada" }))

const { definitions } = compile({ flags: [] }, { regexEngine })
const unknown = evaluateFlag(definitions, "absent", { distinctId: "ada" }, 0)

/** The same for code beside Effect. */
export const ask = async (host: string): Promise<boolean> => {
  const client = PostHogPromise.make({ apiKey: Redacted.make("phc_test"), host })
  const flags = await client.evaluateFlags({ distinctId: "ada", flagKeys: ["beta"] })
  await client[Symbol.asyncDispose]()
  return flags.isEnabled("beta")
}

/** Runs the program against a server and says what came out, as JSON. */
export const consume = (host: string): Promise<string> =>
  program.pipe(
    Effect.provide(
      PostHog.layer({
        apiKey: Redacted.make("phc_test"),
        secretKey: Redacted.make("phs_test"),
        host,
        definitions: { regexEngine },
        events: { compression: "gzip" }
      }).pipe(Layer.provide(FetchHttpClient.layer))
    ),
    Effect.map((values) => JSON.stringify({ ...values, absent: unknown._tag })),
    Effect.runPromise
  )
