import { Fault, PostHogServer } from "@effect-posthog/testkit"
import { FetchHttpClient, HttpClient, HttpClientError, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { assertNone, assertSome, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Duration, Effect, Fiber, Layer, Logger, LogLevel, Option, TestClock } from "effect"
import { Decider, evaluateFlags, Flags, type RemoteFlagsError, RequestContext } from "effect-posthog"
import * as Doubles from "../support/doubles.ts"
import { logged } from "../support/logged.ts"

const user = { distinctId: "acct-4471" }

/** How an evaluation fails. The log may say that it did, and nothing else. */
const failureOf = <A, R>(effect: Effect.Effect<A, RemoteFlagsError, R>) =>
  Effect.map(logged(Effect.flip(effect)), ({ lines, result: { reason, snapshot, httpStatus } }) => {
    assert.isAtMost(lines.length, 1)
    for (const line of lines) assert.match(line, /^WARN http:\/\/127\.0\.0\.1:\d+ did not evaluate flags: ./)
    return { reason, httpStatus, keys: snapshot.keys }
  })

describe("the request", () => {
  it.live("carries the fields of a full evaluation", () => {
    const { layer } = Doubles.withServer({
      options: { flags: { evaluationContexts: ["backend", " production "] } }
    })
    return Effect.gen(function*() {
      const server = yield* Doubles.server
      yield* evaluateFlags({
        ...user,
        deviceId: "dev-77aa",
        groups: { workspace: "ws-12", region: "emea", seats: 12 },
        personProperties: { tier: "gold", seats: 14 },
        groupProperties: {
          workspace: { plan: "scale", $group_key: undefined },
          seats: { $group_key: "own" },
          stranger: { a: 1 }
        },
        flagKeys: ["new-editor", "pricing-test"]
      })
      const [request] = yield* server.requests
      strictEqual(request?.method, "POST")
      strictEqual(request?.path, "/flags/")
      deepStrictEqual(request?.query, { v: "2" })
      deepStrictEqual(request?.body, {
        token: "phc_test",
        distinct_id: "acct-4471",
        device_id: "dev-77aa",
        groups: { workspace: "ws-12", region: "emea", seats: 12 },
        person_properties: { tier: "gold", seats: 14 },
        group_properties: {
          workspace: { $group_key: "ws-12", plan: "scale" },
          region: { $group_key: "emea" },
          seats: { $group_key: "own" }
        },
        geoip_disable: true,
        evaluation_runtime: "server",
        flag_keys_to_evaluate: ["new-editor", "pricing-test"],
        evaluation_contexts: ["backend", "production"]
      })
      strictEqual(request?.headers["content-type"], "application/json")
      assert.match(request?.headers["user-agent"] ?? "", /^effect-posthog\/\d+\.\d+\.\d+/)
      strictEqual(request?.headers["authorization"], undefined)
      strictEqual(request?.headers["content-encoding"], undefined)
      strictEqual(request?.headers["traceparent"], undefined)
      strictEqual(request?.headers["b3"], undefined)
    }).pipe(Effect.provide(layer))
  })

  it.live("carries the fields of a minimal evaluation", () => {
    const { layer } = Doubles.withServer()
    return Effect.gen(function*() {
      const server = yield* Doubles.server
      yield* evaluateFlags(user)
      deepStrictEqual((yield* server.requests)[0]?.body, {
        token: "phc_test",
        distinct_id: "acct-4471",
        groups: {},
        person_properties: {},
        group_properties: {},
        geoip_disable: true,
        evaluation_runtime: "server"
      })
    }).pipe(Effect.provide(layer))
  })

  it.live("says `geoip_disable: false` when the call or the client wants a location", () => {
    const { layer } = Doubles.withServer({ options: { disableGeoip: false } })
    return Effect.gen(function*() {
      const server = yield* Doubles.server
      yield* evaluateFlags(user)
      yield* evaluateFlags({ ...user, disableGeoip: true })
      yield* evaluateFlags({ ...user, disableGeoip: false })
      deepStrictEqual((yield* server.flagRequests).map(({ body }) => body.geoip_disable), [false, true, false])
    }).pipe(Effect.provide(layer))
  })

  it.live("lifts `$device_id` of the person, unless a device is given", () => {
    const { layer } = Doubles.withServer()
    const personProperties = { $device_id: "dev-1" }
    return Effect.gen(function*() {
      const server = yield* Doubles.server
      yield* evaluateFlags({ ...user, personProperties })
      yield* evaluateFlags({ ...user, personProperties, deviceId: "dev-2" })
      yield* evaluateFlags({ ...user, personProperties: { $device_id: "" }, deviceId: "" })
      const bodies = (yield* server.requests).map(({ body }) => body as Record<string, unknown>)
      deepStrictEqual(
        bodies.map((body) => [body["device_id"], body["$device_id"], body["person_properties"]]),
        [
          [undefined, "dev-1", { $device_id: "dev-1" }],
          ["dev-2", undefined, { $device_id: "dev-1" }],
          [undefined, undefined, { $device_id: "" }]
        ]
      )
    }).pipe(Effect.provide(layer))
  })

  it.live("survives properties that JSON cannot carry", () => {
    const { layer } = Doubles.withServer({ server: { remoteFlags: { a: true } } })
    const cyclic: Record<string, unknown> = { name: "loop" }
    cyclic["self"] = cyclic
    return Effect.gen(function*() {
      const server = yield* Doubles.server
      const snapshot = yield* evaluateFlags({
        ...user,
        groups: { workspace: "ws-1" },
        personProperties: {
          cyclic,
          big: 12345678901234567890n,
          nan: Number.NaN,
          at: new Date(0),
          broken: "\ud800",
          nothing: undefined,
          get thrower(): string {
            throw new Error("no such property")
          }
        },
        groupProperties: { workspace: { big: 1n } }
      })
      assertSome(yield* snapshot.getFlag("a"), true)
      const [request] = yield* server.flagRequests
      deepStrictEqual(request?.body.person_properties, {
        cyclic: { name: "loop", self: "[Circular]" },
        big: "12345678901234567890",
        nan: null,
        at: "1970-01-01T00:00:00.000Z",
        broken: "\ufffd",
        thrower: "[Unreadable]"
      })
      deepStrictEqual(request?.body.group_properties, { workspace: { $group_key: "ws-1", big: "1" } })
    }).pipe(Effect.provide(layer))
  })

  for (
    const [name, make, excess] of [
      ["too large", () => "x".repeat(70 * 1024 * 1024), "more than 8388608 bytes"],
      ["too many", () => Array.from({ length: 50_000 }, () => ({})), "more than 40000 objects and properties"]
    ] as const
  ) {
    it.live(`is not made when the properties are ${name}, and the log says so`, () => {
      const { layer } = Doubles.withServer()
      return Effect.gen(function*() {
        const server = yield* Doubles.server
        const { lines, result } = yield* logged(Effect.flip(evaluateFlags({
          ...user,
          personProperties: { value: make(), more: 1 }
        })))
        strictEqual(result.reason, "UnknownError")
        assert.include(lines.join(), `the request is too large: ${excess}`)
        strictEqual((yield* server.requests).length, 0)
      }).pipe(Effect.provide(layer))
    })
  }

  it.live("is written and sent in turns of the event loop of their own when it is large, and encoded once", () => {
    const bodies: Array<unknown> = []
    const turnsOfRequests: Array<number> = []
    let turns = 0
    let isOver = false
    const count = (): void => {
      turns += 1
      if (!isOver) setImmediate(count)
    }
    const client = HttpClient.make((request) =>
      Effect.suspend(() => {
        turnsOfRequests.push(turns)
        bodies.push(request.body._tag === "Uint8Array" ? request.body.body : undefined)
        const status = bodies.length === 1 ? 400 : 502
        return Effect.succeed(HttpClientResponse.fromWeb(request, new Response(null, { status })))
      })
    )
    return Effect.gen(function*() {
      const decider = yield* Decider
      const decide = (text: string) => Effect.ignore(decider.decide({ distinctId: "a", personProperties: { text } }))
      setImmediate(count)
      yield* decide("small")
      strictEqual(turnsOfRequests[0], 0)
      const before = turns
      yield* decide("x".repeat(1_000_000))
      isOver = true
      strictEqual(bodies.length, 3)
      strictEqual(bodies[1], bodies[2])
      assert.isAtLeast((turnsOfRequests[1] ?? 0) - before, 3)
    }).pipe(
      Effect.provide(Decider.layer.pipe(
        Layer.provide(Doubles.config({ flags: { maxRetries: 1 } })),
        Layer.provide(Layer.succeed(HttpClient.HttpClient, client))
      )),
      Logger.withMinimumLogLevel(LogLevel.None)
    )
  })

  it.live("leaves out ids, groups and flag keys beyond what PostHog takes, and says so", () => {
    const { layer } = Doubles.withServer()
    const numbered = (length: number) => Array.from({ length }, (_, index) => [`k${index}`, index] as const)
    return Effect.gen(function*() {
      const server = yield* Doubles.server
      const { lines, result } = yield* logged(Effect.gen(function*() {
        yield* evaluateFlags({
          ...user,
          deviceId: "d".repeat(1001),
          groups: Object.fromEntries(numbered(101)),
          flagKeys: ["k".repeat(1001), "k".repeat(1000), ...numbered(20_001).map(([key]) => key)]
        })
        // Not the person of the context either.
        return yield* RequestContext.with(evaluateFlags({ distinctId: "x".repeat(1001) }), { distinctId: "other" })
      }))
      strictEqual(result.distinctId, "")
      const requests = yield* server.flagRequests
      strictEqual(requests.length, 1)
      const body = requests[0]?.body
      strictEqual(Object.keys(body?.groups ?? {}).length, 100)
      strictEqual(body?.flag_keys_to_evaluate?.length, 19_999)
      strictEqual(body?.flag_keys_to_evaluate?.[0], "k".repeat(1000))
      strictEqual(body?.["device_id"], undefined)
      assert.include(lines.join(), "\"deviceId of more than 1000 characters\"")
      assert.include(lines.join(), "\"groups beyond the first 100\"")
      assert.include(lines.join(), "\"flagKeys beyond the first 20000\"")
      assert.include(lines.join(), "\"flagKeys of more than 1000 characters\"")
    }).pipe(Effect.provide(layer))
  })

  it.live("goes without fields that throw when they are read, and is not made when all of it throws", () => {
    const { layer } = Doubles.withServer()
    const throwing = new Proxy({}, {
      ownKeys: () => {
        throw new Error("no keys")
      },
      get: () => {
        throw new Error("no value")
      }
    })
    return Effect.gen(function*() {
      const server = yield* Doubles.server
      const first = yield* logged(
        evaluateFlags({ ...user, groups: throwing, personProperties: throwing, groupProperties: throwing })
      )
      deepStrictEqual(first.lines, ["WARN evaluateFlags left out what cannot be used: \"groups\", \"groupProperties\""])
      deepStrictEqual(yield* Effect.map(server.flagRequests, (all) => all.map(({ body }) => body.groups)), [{}])
      const { lines, result } = yield* logged(
        Effect.forEach(
          [null, throwing],
          (request) => RequestContext.with(evaluateFlags(request as never), { sessionId: "s" })
        )
      )
      for (const { distinctId } of result) strictEqual(distinctId, "")
      strictEqual(lines.length, 1)
      assert.include(lines[0], "without a distinct id")
      strictEqual((yield* server.flagRequests).length, 1)
    }).pipe(Effect.provide(layer))
  })

  it.live("carries groups and properties called `__proto__`", () => {
    const { layer } = Doubles.withServer()
    const odd = JSON.parse(`{"__proto__":"p","constructor":"c"}`)
    return Effect.gen(function*() {
      const server = yield* Doubles.server
      yield* evaluateFlags({ ...user, groups: odd, personProperties: odd, flagKeys: ["__proto__"] })
      const body = JSON.stringify((yield* server.requests)[0]?.body)
      assert.include(body, `"groups":{"__proto__":"p","constructor":"c"}`)
      assert.include(body, `"person_properties":{"__proto__":"p","constructor":"c"}`)
      assert.include(body, `"__proto__":{"$group_key":"p"}`)
    }).pipe(Effect.provide(layer))
  })
})

describe("the answer", () => {
  for (const shape of ["v4", "v3"] as const) {
    it.live(`gives the same values and payloads in the ${shape} shape`, () => {
      const { layer } = Doubles.withServer({
        server: {
          flagsShape: shape,
          remoteFlags: {
            plain: true,
            off: false,
            variant: { value: "annual", payload: { price: 9 } },
            zero: { value: true, payload: 0 }
          }
        }
      })
      return Effect.gen(function*() {
        const snapshot = yield* evaluateFlags(user)
        deepStrictEqual(snapshot.keys, ["off", "plain", "variant", "zero"])
        assertSome(yield* snapshot.getFlag("plain"), true)
        assertSome(yield* snapshot.getFlag("off"), false)
        assertSome(yield* snapshot.getFlag("variant"), "annual")
        assertSome(snapshot.getFlagPayload("variant"), { price: 9 })
        assertSome(snapshot.getFlagPayload("zero"), 0)
        assertNone(snapshot.getFlagPayload("plain"))
        strictEqual(Option.isSome(snapshot.requestId), true)
      }).pipe(Effect.provide(layer))
    })
  }

  const answered = (body: unknown) => {
    const { absent, layer, queue } = Doubles.withServer()
    return {
      absent,
      queue,
      evaluate: <A, E>(f: (snapshot: Effect.Effect.Success<ReturnType<typeof evaluateFlags>>) => Effect.Effect<A, E>) =>
        Effect.gen(function*() {
          const server = yield* Doubles.server
          yield* server.script("flags", Fault.body(body))
          return yield* Effect.flatMap(evaluateFlags(user), f)
        }).pipe(Logger.withMinimumLogLevel(LogLevel.Error), Effect.provide(layer))
    }
  }

  it.live("of the current shape wins over a legacy one beside it", () =>
    answered({
      flags: { a: { enabled: true, variant: "one" } },
      featureFlags: { a: "two", b: true },
      featureFlagPayloads: { a: "1" }
    }).evaluate((snapshot) =>
      Effect.gen(function*() {
        deepStrictEqual(snapshot.keys, ["a"])
        assertSome(yield* snapshot.getFlag("a"), "one")
        assertNone(snapshot.getFlagPayload("a"))
      })
    ))

  it.live("may leave out, or get wrong, whatever does not decide a value", () =>
    answered({
      flags: {
        bare: { enabled: true },
        nulls: { enabled: true, variant: null, reason: null, metadata: null },
        odd: { enabled: true, reason: "why", metadata: { id: "8", version: 1.5, has_experiment: "no" }, more: {} },
        disabled: { enabled: false, variant: "one" },
        emptyVariant: { enabled: true, variant: "" },
        noEnabled: { variant: "one" },
        text: { enabled: true, metadata: { payload: "not json" } },
        emptyText: { enabled: true, metadata: { payload: "" } },
        value: { enabled: true, metadata: { payload: { nested: [1] } } },
        nullText: { enabled: true, metadata: { payload: "null" } }
      },
      requestId: 7,
      evaluatedAt: "now",
      minimalFlagCalledEvents: "yes"
    }).evaluate((snapshot) =>
      Effect.gen(function*() {
        assertSome(yield* snapshot.getFlag("bare"), true)
        assertSome(yield* snapshot.getFlag("nulls"), true)
        assertSome(yield* snapshot.getFlag("odd"), true)
        const detail = Option.getOrThrow(snapshot.detail("odd"))
        deepStrictEqual([detail.id, detail.version, detail.hasExperiment, detail.reason], [
          undefined,
          undefined,
          undefined,
          undefined
        ])
        assertSome(yield* snapshot.getFlag("disabled"), false)
        assertSome(yield* snapshot.getFlag("emptyVariant"), true)
        assertSome(yield* snapshot.getFlag("noEnabled"), false)
        assertSome(snapshot.getFlagPayload("text"), "not json")
        assertNone(snapshot.getFlagPayload("emptyText"))
        assertSome(snapshot.getFlagPayload("value"), { nested: [1] })
        assertSome(snapshot.getFlagPayload("nullText"), null)
        assertNone(snapshot.requestId)
      })
    ))

  it.live("with one flag that cannot be read spoils only that flag", () =>
    answered({ flags: { good: { enabled: true }, bad: { enabled: "yes" }, worse: null } }).evaluate((snapshot) =>
      Effect.sync(() => {
        deepStrictEqual(snapshot.keys, ["good"])
      })
    ))

  it.live("is off when it says so, whatever variant stands beside", () =>
    answered({
      flags: { off: { enabled: false, variant: 5 }, absent: { variant: 5 }, on: { enabled: true, variant: 5 } }
    })
      .evaluate((snapshot) =>
        Effect.gen(function*() {
          deepStrictEqual(snapshot.keys, ["absent", "off"])
          assertSome(yield* snapshot.getFlag("off"), false)
        })
      ))

  it.live("with a failed flag that cannot be read still says which one it was", () => {
    const { evaluate, queue } = answered({
      flags: {
        a: { enabled: null, failed: true, reason: { code: "evaluation_error" }, metadata: { id: 7, version: 3 } }
      }
    })
    return evaluate((snapshot) =>
      Effect.gen(function*() {
        assertNone(yield* snapshot.getFlag("a"))
        const properties = queue.taken[0]?.properties ?? {}
        deepStrictEqual(
          ["id", "version", "reason", "error"].map((name) => properties[`$feature_flag_${name}`]),
          [7, 3, "evaluation_error", "evaluation_failed"]
        )
      })
    )
  })

  it.live("with failed flags leaves them without a value", () => {
    const { evaluate, queue } = answered({
      flags: {
        good: { enabled: true },
        "beta-export": { enabled: false, failed: true, metadata: { id: 8201, version: 1, payload: `"lost"` } }
      },
      errorsWhileComputingFlags: true
    })
    return evaluate((snapshot) =>
      Effect.gen(function*() {
        deepStrictEqual(snapshot.keys, ["good"])
        deepStrictEqual(snapshot.errors, ["errors_while_computing_flags"])
        strictEqual(yield* snapshot.isEnabled("beta-export", { defaultValue: true }), true)
        assertNone(yield* snapshot.getFlag("beta-export"))
        assertNone(snapshot.getFlagPayload("beta-export"))
        strictEqual(snapshot.eventProperties["$feature/beta-export"], undefined)
        strictEqual(
          queue.taken[0]?.properties?.["$feature_flag_error"],
          "errors_while_computing_flags,evaluation_failed"
        )
        strictEqual(queue.taken[0]?.properties?.["$feature_flag_response"], null)
      })
    )
  })

  it.live("of a legacy server may hold any value", () =>
    answered({ featureFlags: { a: true, b: "one", c: 5, d: null, e: "" }, featureFlagPayloads: { b: [1], a: null } })
      .evaluate((snapshot) =>
        Effect.gen(function*() {
          const values = yield* Effect.forEach(["a", "b", "c", "d", "e"], (key) => snapshot.getFlag(key))
          deepStrictEqual(values.map(Option.getOrUndefined), [true, "one", false, false, true])
          assertSome(snapshot.getFlagPayload("b"), [1])
          assertNone(snapshot.getFlagPayload("a"))
        })
      ))

  for (const featureFlagPayloads of [[], "none", 5, true]) {
    it.live(`of a legacy server keeps its values when its payloads are ${JSON.stringify(featureFlagPayloads)}`, () =>
      answered({ featureFlags: { a: true }, featureFlagPayloads }).evaluate((snapshot) =>
        Effect.gen(function*() {
          assertSome(yield* snapshot.getFlag("a"), true)
          assertNone(snapshot.getFlagPayload("a"))
        })
      ))
  }

  for (const body of [{}, { flags: null, other: 1 }, { featureFlags: null }]) {
    it.live(`without any flags is one: ${JSON.stringify(body)}`, () =>
      answered(body).evaluate((snapshot) => Effect.sync(() => deepStrictEqual(snapshot.keys, []))))
  }

  for (const spelling of ["quotaLimited", "quota_limited"]) {
    it.live(`over its quota (${spelling}) has no flags and no error`, () => {
      const { absent, evaluate, queue } = answered({
        flags: { a: { enabled: true } },
        [spelling]: ["recordings", "feature_flags"],
        requestId: "req-1"
      })
      return evaluate((snapshot) =>
        Effect.gen(function*() {
          deepStrictEqual(snapshot.keys, [])
          deepStrictEqual(snapshot.errors, ["quota_limited"])
          assertSome(snapshot.requestId, "req-1")
          strictEqual(yield* snapshot.isEnabled("a"), false)
          strictEqual(queue.taken[0]?.properties?.["$feature_flag_error"], "quota_limited,flag_missing")
          strictEqual(queue.taken[0]?.properties?.["$feature_flag_request_id"], "req-1")
          deepStrictEqual(absent, [])
        })
      )
    })
  }

  it.live("with another quota, or one that is no list, is an ordinary one", () =>
    answered({ flags: { a: { enabled: true } }, quotaLimited: ["recordings"], quota_limited: "feature_flags" })
      .evaluate((snapshot) =>
        Effect.sync(() => {
          deepStrictEqual(snapshot.keys, ["a"])
          deepStrictEqual(snapshot.errors, [])
        })
      ))

  it.live("with flags called like parts of every object", () => {
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty"]
    const flags = names.map((name) => `"${name}":{"enabled":true,"variant":"${name}"}`).join(",")
    return answered(`{"flags":{${flags}}}`).evaluate((snapshot) =>
      Effect.gen(function*() {
        deepStrictEqual(snapshot.keys, [...names].sort())
        for (const name of names) assertSome(yield* snapshot.getFlag(name), name)
        assertNone(yield* snapshot.getFlag("valueOf"))
        strictEqual((Object.prototype as Record<string, unknown>)["enabled"], undefined)
        strictEqual((yield* snapshot.only(["__proto__"])).keys[0], "__proto__")
      })
    )
  })
})

// The address of a server that has gone.
const closedServer = Effect.map(Doubles.server, ({ url }) => url).pipe(Effect.provide(PostHogServer.layer()))

describe("failures", () => {
  const local = Doubles.evaluation({ local: true, remote: Doubles.inconclusive })
  const fast = { flags: { requestTimeout: "1 second" } } as const

  for (const status of [301, 302, 400, 401, 403, 404, 408, 413, 429, 500, 501, 503, 505, 599]) {
    it.live(`status ${status} is final`, () => {
      const { layer } = Doubles.withServer({ local })
      return Effect.gen(function*() {
        const server = yield* Doubles.server
        yield* server.always("flags", Fault.status(status, { headers: { location: "/flags/elsewhere" } }))
        deepStrictEqual(yield* failureOf(evaluateFlags(user)), {
          reason: "ApiError",
          httpStatus: status,
          keys: ["local"]
        })
        strictEqual((yield* server.requests).length, 1)
      }).pipe(Effect.provide(layer))
    })
  }

  for (const status of [502, 504]) {
    it.live(`status ${status} is worth one more attempt, with the same body`, () => {
      const { layer } = Doubles.withServer({ local, server: { remoteFlags: { remote: "two" } } })
      return Effect.gen(function*() {
        const server = yield* Doubles.server
        yield* server.script("flags", Fault.status(status))
        const snapshot = yield* evaluateFlags({ ...user, personProperties: { plan: "pro" } })
        assertSome(yield* snapshot.getFlag("remote"), "two")
        deepStrictEqual(snapshot.errors, [])
        const [first, second, ...more] = yield* server.requests
        deepStrictEqual(first?.body, second?.body)
        strictEqual(more.length, 0)
      }).pipe(Effect.provide(layer))
    })
  }

  const broken = {
    "a reset": [Fault.reset, "ConnectionError"],
    "a reset in the middle of the body": [Fault.resetMidBody, "ConnectionError"],
    "a body that ends too soon": [Fault.truncatedBody, "ConnectionError"],
    "a body that stalls": [Fault.stalledBody, "Timeout"],
    "an answer that never comes": [Fault.hang, "Timeout"]
  } as const

  for (const [name, [fault, reason]] of Object.entries(broken)) {
    it.live(`${name} is worth one more attempt`, () => {
      const { layer } = Doubles.withServer({ local, server: { remoteFlags: { remote: true } }, options: fast })
      return Effect.gen(function*() {
        const server = yield* Doubles.server
        yield* server.script("flags", fault)
        assertSome(yield* (yield* evaluateFlags(user)).getFlag("remote"), true)
        strictEqual((yield* server.requests).length, 2)
      }).pipe(Effect.provide(layer))
    })

    it.live(`${name} twice is a failure of its class, and leaves no socket`, () => {
      const { layer } = Doubles.withServer({ local, options: fast })
      return Effect.gen(function*() {
        const server = yield* Doubles.server
        yield* server.script("flags", fault, fault)
        deepStrictEqual(yield* failureOf(evaluateFlags(user)), { reason, httpStatus: undefined, keys: ["local"] })
        strictEqual((yield* server.requests).length, 2)
        yield* server.awaitConnections(0)
      }).pipe(Effect.provide(layer))
    })
  }

  it.live("a malformed body is final", () => {
    const { layer } = Doubles.withServer({ local })
    return Effect.gen(function*() {
      const server = yield* Doubles.server
      yield* server.script("flags", Fault.malformedBody, Fault.body("[]"), Fault.body("null"))
      for (let attempt = 0; attempt < 3; attempt++) {
        deepStrictEqual(yield* failureOf(evaluateFlags(user)), {
          reason: "InvalidResponse",
          httpStatus: undefined,
          keys: ["local"]
        })
      }
      strictEqual((yield* server.requests).length, 3)
    }).pipe(Effect.provide(layer))
  })

  it.live("no retries when none are wanted", () => {
    const { layer } = Doubles.withServer({ local, options: { flags: { maxRetries: 0 } } })
    return Effect.gen(function*() {
      const server = yield* Doubles.server
      yield* server.always("flags", Fault.status(502))
      deepStrictEqual(yield* failureOf(evaluateFlags(user)), { reason: "ApiError", httpStatus: 502, keys: ["local"] })
      strictEqual((yield* server.requests).length, 1)
    }).pipe(Effect.provide(layer))
  })

  it.live("an interrupted evaluation leaves no socket", () => {
    const { layer, queue } = Doubles.withServer({ local })
    return Effect.gen(function*() {
      const server = yield* Doubles.server
      for (const fault of [Fault.hang, Fault.stalledBody]) {
        yield* server.reset
        yield* server.script("flags", fault)
        const fiber = yield* Effect.fork(evaluateFlags(user))
        yield* server.awaitRequests("flags", 1)
        strictEqual(yield* server.openConnections, 1)
        yield* Fiber.interrupt(fiber)
        yield* server.awaitConnections(0)
      }
      strictEqual(queue.offers.length, 0)
    }).pipe(Effect.provide(layer))
  })

  it.live("a refused connection is tried twice", () =>
    Effect.gen(function*() {
      let attempts = 0
      const client = HttpClient.tapRequest(yield* HttpClient.HttpClient, () => Effect.sync(() => void (attempts += 1)))
      const layer = Decider.layer.pipe(
        Layer.provide(Doubles.config({ host: yield* closedServer })),
        Layer.provide(Layer.succeed(HttpClient.HttpClient, client))
      )
      const { lines, result: error } = yield* Effect.flatMap(Decider, (decider) => Effect.flip(decider.decide(user)))
        .pipe(
          Effect.provide(layer),
          logged
        )
      assert.match(lines.join(), /could not be reached.*ECONNREFUSED/)
      strictEqual(error.reason, "ConnectionError")
      assert.match(String(error.cause), /ECONNREFUSED/)
      strictEqual(attempts, 2)
    }).pipe(Effect.provide(FetchHttpClient.layer)))

  const withClient = (
    respond: () => Effect.Effect<Response, "transport" | "timeout" | "unbuildable" | "status">,
    maxRetries?: number
  ) => {
    const times: Array<number> = []
    const client = HttpClient.make((request) =>
      Effect.gen(function*() {
        times.push(yield* TestClock.currentTimeMillis)
        return HttpClientResponse.fromWeb(
          request,
          yield* Effect.mapError(respond(), (kind) => {
            if (kind === "status") {
              return new HttpClientError.ResponseError({
                request,
                response: HttpClientResponse.fromWeb(request, new Response("", { status: 503 })),
                reason: "StatusCode"
              })
            }
            return new HttpClientError.RequestError({
              request,
              reason: kind === "unbuildable" ? "Encode" : "Transport",
              cause: kind === "timeout" ? new DOMException("too slow", "TimeoutError") : new Error("no route")
            })
          })
        )
      })
    )
    const layer = Decider.layer.pipe(
      Layer.provide(Layer.orDie(Doubles.config({ flags: { maxRetries } }))),
      Layer.provide(Layer.succeed(HttpClient.HttpClient, client))
    )
    return { times, decide: Effect.flatMap(Decider, (decider) => decider.decide(user)).pipe(Effect.provide(layer)) }
  }

  it.effect("attempts are 300 ms apart, and twice as long each further time, up to nine retries", () =>
    Effect.gen(function*() {
      const { decide, times } = withClient(() => Effect.fail("transport"), 99)
      const fiber = yield* Effect.fork(Effect.flip(decide))
      yield* TestClock.adjust("3 minutes")
      strictEqual((yield* Fiber.join(fiber)).reason, "ConnectionError")
      const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
      deepStrictEqual(gaps, [300, 600, 1200, 2400, 4800, 9600, 19_200, 30_000, 30_000])
    }))

  it.effect("each attempt has three seconds of its own", () =>
    Effect.gen(function*() {
      const { decide, times } = withClient(() => Effect.never)
      const fiber = yield* Effect.fork(Effect.flip(decide))
      yield* TestClock.adjust("3 seconds")
      yield* TestClock.adjust("300 millis")
      yield* TestClock.adjust(Duration.millis(2999))
      assertNone(yield* Fiber.poll(fiber))
      yield* TestClock.adjust("1 millis")
      strictEqual((yield* Fiber.join(fiber)).reason, "Timeout")
      deepStrictEqual(times, [0, 3300])
    }))

  it.effect("a status that came in time is the answer, though its body does not end in time", () =>
    Effect.gen(function*() {
      const late = (status: number) =>
        Effect.delay(Effect.sync(() => new Response(new ReadableStream(), { status })), "2800 millis")
      const refused = withClient(() => late(503))
      const fiber = yield* Effect.fork(Effect.flip(refused.decide))
      yield* TestClock.adjust("3 seconds")
      const { httpStatus, reason } = yield* Fiber.join(fiber)
      deepStrictEqual({ reason, httpStatus }, { reason: "ApiError", httpStatus: 503 })
      deepStrictEqual(refused.times, [0])

      const cutOff = withClient(() => late(200), 0)
      const other = yield* Effect.fork(Effect.flip(cutOff.decide))
      yield* TestClock.adjust("3 seconds")
      strictEqual((yield* Fiber.join(other)).reason, "Timeout")
    }))

  it.effect("a client with a time limit of its own fails by timeout", () =>
    Effect.gen(function*() {
      const { decide } = withClient(() => Effect.fail("timeout"), 0)
      strictEqual((yield* Effect.flip(decide)).reason, "Timeout")
    }))

  it.effect("a client that refuses statuses by itself fails by status, once", () =>
    Effect.gen(function*() {
      const { decide, times } = withClient(() => Effect.fail("status"))
      const { httpStatus, reason } = yield* Effect.flip(decide)
      deepStrictEqual({ reason, httpStatus }, { reason: "ApiError", httpStatus: 503 })
      strictEqual(times.length, 1)
    }))

  it.effect("a request that cannot be built is not tried again", () =>
    Effect.gen(function*() {
      const { decide, times } = withClient(() => Effect.fail("unbuildable"))
      strictEqual((yield* Effect.flip(decide)).reason, "UnknownError")
      strictEqual(times.length, 1)
    }))

  it.live("partial results are used with orPartial", () => {
    const { layer } = Doubles.withServer({ local })
    return Effect.gen(function*() {
      const server = yield* Doubles.server
      yield* server.always("flags", Fault.status(500))
      const { lines, result: snapshot } = yield* logged(Flags.orPartial(evaluateFlags(user)))
      assert.include(lines.join(), "PostHog answered with status 500")
      strictEqual(yield* snapshot.isEnabled("local"), true)
    }).pipe(Effect.provide(layer))
  })
})
