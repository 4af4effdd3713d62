import type { HttpClient } from "@effect/platform"
import { Effect, type Layer, type Option, Redacted, Schema } from "effect"
import { evaluateFlags, Flag, FlagOverrides, Flags, FlagSnapshot, PostHog, RequestFlags } from "effect-posthog"
import type {
  Bootstrap,
  Decider,
  DedupCache,
  DedupStore,
  DefinitionsSource,
  EventId,
  EventQueue,
  FlagDetail,
  FlagPayloadError,
  FlagValueError,
  LocalEvaluator,
  PostHogConfig,
  PostHogConfigError,
  RemoteFlagsError,
  TypedSnapshot
} from "effect-posthog"
import * as PostHogPromise from "effect-posthog/PostHogPromise"
import { describe, expect, test } from "tstyche"

type Services = Decider | LocalEvaluator | EventQueue | DedupCache

const checkout = Flag.boolean("new-checkout").pipe(Flag.withDefault(false))
const pricing = Flag.variants("pricing", ["control", "annual"])
const banner = Flag.boolean("banner").pipe(
  Flag.withPayload(Schema.Struct({ text: Schema.String })),
  Flag.withPayloadDefault({ text: "Welcome" })
)
const registry = Flag.registry({ checkout, pricing })
type R = typeof registry

declare const snapshot: FlagSnapshot
declare const client: PostHogPromise.PromiseClient

describe("defaults", () => {
  test("are part of the type of a flag", () => {
    expect(checkout).type.toBe<Flag.Flag<boolean, unknown, true, false>>()
    expect(Flag.withDefault(pricing, "annual")).type.toBe<
      Flag.Flag<"control" | "annual" | false, unknown, true, false>
    >()
    expect(banner).type.toBe<Flag.Flag<boolean, { readonly text: string }, false, true>>()
  })

  test("stay, in either order with a payload", () => {
    const before = Flag.boolean("a").pipe(Flag.withDefault(true), Flag.withPayload(Schema.Number))
    const after = Flag.boolean("a").pipe(Flag.withPayload(Schema.Number), Flag.withDefault(true))
    expect(before).type.toBe<Flag.Flag<boolean, number, true, false>>()
    expect(after).type.toBe<Flag.Flag<boolean, number, true, false>>()
  })

  test("a new schema takes the default of the payload away", () => {
    expect(Flag.withPayload(banner, Schema.Number)).type.toBe<Flag.Flag<boolean, number, false, false>>()
  })

  test("decide how a snapshot is read", () => {
    expect(snapshot.get(checkout)).type.toBe<Effect.Effect<boolean>>()
    expect(snapshot.get(pricing)).type.toBe<
      Effect.Effect<Option.Option<"control" | "annual" | false>, FlagValueError>
    >()
    expect(snapshot.payload(banner)).type.toBe<Effect.Effect<{ readonly text: string }>>()
    expect(snapshot.payload(checkout)).type.toBe<Effect.Effect<Option.Option<unknown>, FlagPayloadError>>()
  })

  test("a function over any flag with a payload of one type has to deal with both", () => {
    const read = <VD extends boolean>(flag: Flag.Flag<boolean, unknown, VD>) => snapshot.get(flag)
    expect(read(checkout)).type.toBe<Effect.Effect<boolean>>()
    expect(read(Flag.boolean("a"))).type.toBe<Effect.Effect<Option.Option<boolean>, FlagValueError>>()
  })
})

describe("a registry", () => {
  test("is what evaluations are typed by", () => {
    expect(evaluateFlags({ distinctId: "ada", flags: registry })).type.toBe<
      Effect.Effect<TypedSnapshot<R>, RemoteFlagsError<TypedSnapshot<R>>, Services>
    >()
    expect(RequestFlags.of(registry)).type.toBe<
      Effect.Effect<TypedSnapshot<R>, RemoteFlagsError<TypedSnapshot<R>>, Services>
    >()
    expect(RequestFlags.get).type.toBe<Effect.Effect<FlagSnapshot, RemoteFlagsError, Services>>()
  })

  test("names the reads of a snapshot", () => {
    const typed = null as never as TypedSnapshot<R>
    expect(typed.flags.checkout).type.toBe<Effect.Effect<boolean>>()
    expect(typed.flags.pricing).type.toBe<
      Effect.Effect<Option.Option<"control" | "annual" | false>, FlagValueError>
    >()
    expect(typed.flags).type.not.toHaveProperty("banner")
    expect(typed).type.toBeAssignableTo<FlagSnapshot>()
  })

  test("keeps its snapshot through orPartial", () => {
    expect(evaluateFlags({ flags: registry }).pipe(Flags.orPartial)).type.toBe<
      Effect.Effect<TypedSnapshot<R>, never, Services>
    >()
  })

  test("is optional: without one, evaluateFlags takes a request, none, or stands in flatMap", () => {
    expect(evaluateFlags()).type.toBe<Effect.Effect<FlagSnapshot, RemoteFlagsError, Services>>()
    expect(Effect.succeed({ distinctId: "ada" }).pipe(Effect.flatMap(evaluateFlags))).type.toBe<
      Effect.Effect<FlagSnapshot, RemoteFlagsError, Services>
    >()
  })

  test("types overrides and snapshots made by hand", () => {
    expect(FlagOverrides.layer(registry, { pricing: "annual", checkout: { value: true, payload: 1 } })).type.toBe<
      Layer.Layer<LocalEvaluator, never, LocalEvaluator>
    >()
    expect(FlagOverrides.layer({ pricing: "anything", other: { value: true, payload: [1] } })).type.toBe<
      Layer.Layer<LocalEvaluator, never, LocalEvaluator>
    >()
    expect(FlagSnapshot.fromValues(registry, { checkout: true })).type.toBe<TypedSnapshot<R>>()
    expect(FlagSnapshot.fromValues({ any: "thing" })).type.toBe<FlagSnapshot>()
  })
})

describe("a snapshot", () => {
  test("matches with the type of both branches", () => {
    expect(snapshot.match(pricing, { on: (variant) => variant, off: () => 0 })).type.toBe<
      Effect.Effect<"control" | "annual" | number>
    >()
    expect(snapshot.match("pricing", { on: (variant) => variant, off: () => undefined })).type.toBe<
      Effect.Effect<string | true | undefined>
    >()
  })

  test("takes flags by key, by definition, in lists, sets and registries", () => {
    expect(snapshot.isEnabled(pricing, { sendFeatureFlagEvents: false })).type.toBe<Effect.Effect<boolean>>()
    expect(snapshot.only([pricing, "banner"])).type.toBe<Effect.Effect<FlagSnapshot>>()
    expect(snapshot.only(new Set(["banner", pricing]))).type.toBe<Effect.Effect<FlagSnapshot>>()
    expect(snapshot.only(registry)).type.toBe<Effect.Effect<FlagSnapshot>>()
    expect(snapshot.detail(pricing)).type.toBe<Option.Option<FlagDetail>>()
    expect(snapshot.toBootstrap(registry, { payloads: true, isIdentified: true })).type.toBe<
      Bootstrap
    >()
  })
})

describe("PostHog.layerWith", () => {
  const options = { apiKey: Redacted.make("phc_key") }

  test("without parts is PostHog.layer", () => {
    expect(PostHog.layerWith(options, {})).type.toBe<
      Layer.Layer<Services | PostHogConfig, PostHogConfigError, HttpClient.HttpClient>
    >()
  })

  test("asks for what a part needs, and fails with what it fails", () => {
    interface Database {
      readonly url: string
    }
    const dedup = null as never as Layer.Layer<DedupStore, "no database", Database | PostHogConfig>
    expect(PostHog.layerWith(options, { dedup })).type.toBe<
      Layer.Layer<Services | PostHogConfig, PostHogConfigError | "no database", HttpClient.HttpClient | Database>
    >()
    expect(PostHog.layerWith).type.not.toBeCallableWith(options, {
      dedup: null as never as Layer.Layer<DefinitionsSource>
    })
  })
})

describe("a client of promises", () => {
  test("takes plain and redacted keys", () => {
    expect(PostHogPromise.make({ apiKey: "phc_key" })).type.toBe<PostHogPromise.PromiseClient>()
    expect(PostHogPromise.make).type.toBeCallableWith({ apiKey: Redacted.make("phc_key"), secretKey: "phs_key" })
  })

  test("evaluates by id or by request, and says in the snapshot what failed", async () => {
    expect(client.evaluateFlags("ada")).type.toBe<Promise<PostHogPromise.PromiseSnapshot>>()
    expect(client.evaluateFlags({ distinctId: "ada", flagKeys: [pricing] })).type.toBe<
      Promise<PostHogPromise.PromiseSnapshot>
    >()
    expect((await client.evaluateFlags()).error).type.toBe<RemoteFlagsError | undefined>()
  })

  test("reads values at once, with defaults by type", () => {
    const flags = null as never as PostHogPromise.PromiseSnapshot
    expect(flags.isEnabled(pricing)).type.toBe<boolean>()
    expect(flags.get(checkout)).type.toBe<boolean>()
    expect(flags.get(pricing)).type.toBe<"control" | "annual" | false | undefined>()
    expect(flags.payload(banner)).type.toBe<Promise<{ readonly text: string }>>()
    expect(flags.payload(pricing)).type.toBe<Promise<unknown>>()
    expect(flags.only(registry)).type.toBe<PostHogPromise.PromiseSnapshot>()
  })

  test("captures with snapshots of either kind", () => {
    const flags = null as never as PostHogPromise.PromiseSnapshot
    expect(client.capture({ event: "paid", flags })).type.toBe<Promise<EventId | undefined>>()
    expect(client.capture({ event: "paid", flags: snapshot })).type.toBe<Promise<EventId | undefined>>()
    expect(client.captureException(new Error("x"), { flags })).type.toBe<Promise<EventId | undefined>>()
    expect(client.onChange(() => {})).type.toBe<() => void>()
  })
})

// Programs that are wrong. The comment over each is what the compiler says.
describe("a wrong program is refused", () => {
  test("a default that is not a value of the flag", () => {
    // @ts-expect-error Property '"this default is not a value of the flag; its values are"' is missing ... required in type '{ readonly "this default is not a value of the flag; its values are": false | "control" | "annual"; }'
    void pricing.pipe(Flag.withDefault("anual"))
    // @ts-expect-error Argument of type '"anual"' is not assignable to parameter of type 'false | "control" | "annual"'
    void Flag.withDefault(pricing, "anual")
  })

  test("a default of a payload that does not fit its schema", () => {
    // @ts-expect-error Property '"this default is not a value of the flag; its values are"' is missing
    void Flag.withPayload(pricing, Schema.Number).pipe(Flag.withPayloadDefault("seven"))
  })

  test("one key where a list of keys is wanted", () => {
    // @ts-expect-error Argument of type 'string' is not assignable to parameter of type 'Registry | FlagKeys'
    void snapshot.only("new-checkout")
    // @ts-expect-error Type 'string' is not assignable to type 'FlagKeys | undefined'
    void evaluateFlags({ distinctId: "ada", flagKeys: "new-checkout" })
  })

  test("a typed flag where PostHog's raw name is wanted", () => {
    // @ts-expect-error Argument of type 'Flag<false | "control" | "annual", unknown, false, false>' is not assignable to parameter of type 'string'
    void snapshot.getFlag(pricing)
  })

  test("an effect in the place of a boolean", () => {
    // @ts-expect-error Type 'Effect<boolean, never, never>' is not assignable to type 'boolean'
    const isOn: boolean = snapshot.isEnabled("new-checkout")
    void isOn
  })

  test("a value that is optional in the place of a value", () => {
    expect(snapshot.get(pricing)).type.not.toBeAssignableTo<Effect.Effect<string | false, FlagValueError>>()
  })

  test("a name that the registry does not have", () => {
    const typed = null as never as TypedSnapshot<R>
    // @ts-expect-error Property 'chekout' does not exist ... Did you mean 'checkout'?
    void typed.flags.chekout
    // @ts-expect-error Did you mean to write 'checkout'?
    void FlagOverrides.layer(registry, { chekout: true })
  })

  test("an override with another flag's value", () => {
    // @ts-expect-error Type 'true' is not assignable to type 'Forced<Flag<false | "control" | "annual", unknown, false, false>>'
    void FlagOverrides.layer(registry, { pricing: true })
  })

  test("properties that are not an object of properties", () => {
    // @ts-expect-error Type 'Map<string, string>' is not assignable to type 'Properties | undefined'
    void evaluateFlags({ distinctId: "ada", personProperties: new Map([["plan", "pro"]]) })
    // @ts-expect-error Type 'Effect<{ plan: string; }, never, never>' is not assignable to type 'Properties | undefined'
    void evaluateFlags({ distinctId: "ada", personProperties: Effect.succeed({ plan: "pro" }) })
    // @ts-expect-error Type 'string[]' is not assignable to type 'Properties'
    void evaluateFlags({ distinctId: "ada", groupProperties: { company: ["pro"] } })
  })

  test("a program that runs without the client", () => {
    expect(evaluateFlags({ distinctId: "ada" })).type.not.toBeAssignableTo<Effect.Effect<unknown, unknown>>()
  })

  test("a key in plain text where it must be redacted", () => {
    // @ts-expect-error Type 'string' is not assignable to type 'Redacted<string>'
    void PostHog.layer({ apiKey: "phc_key" })
  })

  test("a field that no request has", () => {
    // @ts-expect-error 'user' does not exist in type 'EvaluationRequest'
    void evaluateFlags({ distinctId: "ada", user: "ada" })
  })

  test("every flag for a page", () => {
    // @ts-expect-error Expected 1-2 arguments, but got 0.
    void snapshot.toBootstrap()
  })

  test("match without the branch for off", () => {
    // @ts-expect-error Property 'off' is missing
    void snapshot.match(pricing, { on: () => 1 })
  })
})
