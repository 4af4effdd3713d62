import type { HttpApp, HttpClient, HttpRouter, HttpServerRequest } from "@effect/platform"
import type { Effect, Layer, Option, Redacted } from "effect"
import { evaluateFlags, Events, Flag, Flags, PostHog, RemoteFlagsError, RequestContext } from "effect-posthog"
import type {
  Decider,
  DedupCache,
  DedupStore,
  DefinitionsSource,
  EvaluationRequest,
  EventId,
  EventQueue,
  EventTransport,
  FlagDetail,
  FlagErrorCode,
  FlagSnapshot,
  FlagValueError,
  InvalidEventError,
  LocalEvaluator,
  PostHogConfig,
  PostHogConfigError
} from "effect-posthog"
import { describe, expect, test } from "tstyche"

type Services = Decider | LocalEvaluator | EventQueue | DedupCache

declare const apiKey: Redacted.Redacted<string>
declare const snapshot: FlagSnapshot

type Methods<S> = { [K in keyof S]: S[K] extends (...args: infer _) => infer Result ? Result : S[K] }[keyof S]

/** What the methods and fields of a service require. */
type Requirements<S> = Methods<S> extends infer Member
  ? Member extends Effect.Effect<infer _A, infer _E, infer R> ? R : never
  : never

describe("evaluateFlags", () => {
  test("fails with RemoteFlagsError alone and needs exactly the four services", () => {
    expect(evaluateFlags({ distinctId: "user-17" })).type.toBe<
      Effect.Effect<FlagSnapshot, RemoteFlagsError, Services>
    >()
  })

  test("takes what is known, and nothing else", () => {
    expect<EvaluationRequest>().type.toBeAssignableFrom<{}>()
    expect<EvaluationRequest>().type.toBeAssignableFrom<
      { readonly distinctId: undefined; readonly groups: { readonly workspace: 12 } }
    >()
    expect<EvaluationRequest>().type.not.toBeAssignableFrom<{ readonly distinctId: number }>()
    expect<EvaluationRequest>().type.not.toBeAssignableFrom<{ readonly flagKeys: string }>()
    expect<EvaluationRequest>().type.not.toHaveProperty("user")
  })

  test("orPartial removes exactly RemoteFlagsError", () => {
    expect(Flags.orPartial(evaluateFlags({}))).type.toBe<Effect.Effect<FlagSnapshot, never, Services>>()
    expect(Flags.orPartial(null as never as Effect.Effect<FlagSnapshot, RemoteFlagsError | Error>)).type.toBe<
      Effect.Effect<FlagSnapshot, Error>
    >()
  })
})

describe("single flags", () => {
  test("have the errors and requirements of evaluateFlags", () => {
    const one = { distinctId: "user-17", key: "a" }
    expect(Flags.isFeatureEnabled({ ...one, defaultValue: true })).type.toBe<
      Effect.Effect<boolean, RemoteFlagsError, Services>
    >()
    expect(Flags.getFeatureFlag({ ...one, sendFeatureFlagEvents: false })).type.toBe<
      Effect.Effect<Option.Option<boolean | string>, RemoteFlagsError, Services>
    >()
    expect(Flags.getFeatureFlagPayload(one)).type.toBe<
      Effect.Effect<Option.Option<unknown>, RemoteFlagsError, Services>
    >()
    expect(Flags.getFeatureFlagResult(one)).type.toBe<
      Effect.Effect<Option.Option<Flags.FeatureFlagResult>, RemoteFlagsError, Services>
    >()
    expect<Flags.FeatureFlagResult>().type.toBeAssignableTo<
      { key: string; enabled: boolean; variant: Option.Option<string>; payload: Option.Option<unknown> }
    >()
    expect(Flags.getAllFlags({})).type.toBe<
      Effect.Effect<ReadonlyMap<string, boolean | string>, RemoteFlagsError, Services>
    >()
    expect<Flags.FlagValueRequest>().type.not.toBeAssignableFrom<{ readonly distinctId: string }>()
    expect<Flags.FlagValueRequest>().type.not.toHaveProperty("flagKeys")
  })
})

describe("events", () => {
  test("capture needs the queue alone", () => {
    expect(Events.capture({ event: "paid", flags: snapshot })).type.toBe<
      Effect.Effect<Option.Option<EventId>, never, EventQueue>
    >()
    expect(Events.strict.capture({ event: "paid" })).type.toBe<
      Effect.Effect<Option.Option<EventId>, InvalidEventError, EventQueue>
    >()
    expect(Events.flush).type.toBe<Effect.Effect<void, never, EventQueue>>()
  })

  test("captureWithFlags needs what evaluates too, and never fails for it", () => {
    expect(Events.captureWithFlags({ event: "paid", flagKeys: ["a"] })).type.toBe<
      Effect.Effect<Option.Option<EventId>, never, Services>
    >()
    expect(Events.strict.captureWithFlags({ event: "paid", flagKeys: ["a"] })).type.toBe<
      Effect.Effect<Option.Option<EventId>, InvalidEventError, Services>
    >()
  })
})

describe("layers", () => {
  test("PostHog.layer needs an HttpClient alone", () => {
    expect(PostHog.layer({ apiKey })).type.toBe<
      Layer.Layer<Services | PostHogConfig, PostHogConfigError, HttpClient.HttpClient>
    >()
  })

  test("layerServices shows what can be replaced", () => {
    expect(PostHog.layerServices).type.toBe<
      Layer.Layer<
        Services,
        never,
        PostHogConfig | EventTransport | DedupStore | DefinitionsSource | HttpClient.HttpClient
      >
    >()
  })
})

describe("services", () => {
  test("have methods without requirements", () => {
    expect<Requirements<typeof Decider.Service>>().type.toBe<never>()
    expect<Requirements<typeof LocalEvaluator.Service>>().type.toBe<never>()
    expect<Requirements<typeof EventQueue.Service>>().type.toBe<never>()
    expect<Requirements<typeof DedupCache.Service>>().type.toBe<never>()
    expect<Requirements<typeof DedupStore.Service>>().type.toBe<never>()
    expect<Requirements<{ readonly bad: (a: string) => Effect.Effect<void, never, EventQueue> }>>().type.toBe<
      EventQueue
    >()
  })
})

describe("snapshots", () => {
  test("read without requirements and errors", () => {
    expect(snapshot.isEnabled("a", { defaultValue: true })).type.toBe<Effect.Effect<boolean>>()
    expect(snapshot.getFlag("a")).type.toBe<Effect.Effect<Option.Option<boolean | string>>>()
    expect(snapshot.getFlagPayload("a")).type.toBe<Option.Option<unknown>>()
    expect(snapshot.only(new Set(["a"]))).type.toBe<Effect.Effect<FlagSnapshot>>()
    expect(snapshot.onlyAccessed).type.toBe<Effect.Effect<FlagSnapshot>>()
    expect(snapshot.keys).type.toBe<ReadonlyArray<string>>()
  })

  test("say who decided, and what was wrong", () => {
    expect<FlagDetail["source"]>().type.toBe<"local" | "remote">()
    expect(snapshot.detail("a")).type.toBe<Option.Option<FlagDetail>>()
    expect(snapshot.requestId).type.toBe<Option.Option<string>>()
    expect(snapshot.errors).type.toBe<ReadonlyArray<FlagErrorCode>>()
  })

  test("come with the error", () => {
    const error = new RemoteFlagsError({ reason: "Timeout", snapshot })
    expect(error._tag).type.toBe<"RemoteFlagsError">()
    expect(error.snapshot).type.toBe<FlagSnapshot>()
    expect(error.httpStatus).type.toBe<number | undefined>()
    expect(error.reason).type.toBe<
      "Timeout" | "ConnectionError" | "ApiError" | "InvalidResponse" | "TooLarge" | "UnknownError"
    >()
  })

  test("read typed flags with their own error", () => {
    const pricing = Flag.variants("pricing", ["control", "annual"])
    expect(snapshot.get(pricing)).type.toBe<
      Effect.Effect<Option.Option<"control" | "annual" | false>, FlagValueError>
    >()
  })
})

describe("RequestContext", () => {
  test("with keeps the type of what it runs", () => {
    const effect = null as never as Effect.Effect<number, Error, EventQueue>
    expect(RequestContext.with(effect, { distinctId: "ada" })).type.toBe<typeof effect>()
    expect(effect.pipe(RequestContext.with({ distinctId: "ada" }))).type.toBe<typeof effect>()
  })

  test("middleware adds nothing to an app of a server", () => {
    const app = null as never as HttpApp.Default<Error, EventQueue>
    expect(RequestContext.middleware(app)).type.toBe<
      Effect.Effect<Effect.Effect.Success<typeof app>, Error, EventQueue | HttpServerRequest.HttpServerRequest>
    >()
    const router = null as never as HttpRouter.HttpRouter<Error, EventQueue>
    expect(RequestContext.middleware(router)).type.toBeAssignableTo<HttpApp.Default<Error, EventQueue>>()
  })
})
