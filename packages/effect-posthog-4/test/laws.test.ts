// Generated from packages/effect-posthog/test/laws.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { interruptFiber } from "./support/standIns.ts"
import { Fault } from "@effect-posthog/testkit"
import { assert, describe, it } from "./support/effectVitest.ts"
import { assertLeft, assertNone, assertSome, deepStrictEqual, strictEqual } from "./support/assertions.ts"
import { Deferred, Effect, Fiber, Layer, Option } from "effect"
import * as Result from "effect/Result"
import {
  DeciderError,
  type DecideResponse,
  DedupCache,
  evaluateFlags,
  type FlagErrorCode,
  Flags,
  type LocalEvaluation,
  RemoteFlagsError
} from "effect-posthog-4"
import { eventProperties } from "./support/capture.ts"
import * as Doubles from "./support/doubles.ts"
import { logged } from "./support/logged.ts"

const user = { distinctId: "user-17" }

const half = Doubles.evaluation({ "local-on": true, "needs-server": Doubles.inconclusive })

describe("laws of evaluateFlags and its snapshots", () => {
  describe("law 1: at most one remote request, with the caller's own list of keys", () => {
    it.live("one request for many undecided flags", () => {
      const { layer } = Doubles.withServer({
        server: { remoteFlags: { a: true, b: "annual", c: false } },
        local: Doubles.evaluation({ a: Doubles.inconclusive, b: Doubles.inconclusive, c: Doubles.inconclusive })
      })
      return Effect.gen(function*() {
        const server = yield* Doubles.server
        const snapshot = yield* evaluateFlags(user)
        deepStrictEqual(snapshot.keys, ["a", "b", "c"])
        const requests = yield* server.flagRequests
        strictEqual(requests.length, 1)
        strictEqual(requests[0]?.body.flag_keys_to_evaluate, undefined)
      }).pipe(Effect.provide(layer))
    })

    it.live("the keys go out as the caller gave them, those decided locally included", () => {
      const { layer } = Doubles.withServer({ local: half })
      return Effect.gen(function*() {
        const server = yield* Doubles.server
        yield* evaluateFlags({ ...user, flagKeys: ["needs-server", "local-on", "needs-server"] })
        const requests = yield* server.flagRequests
        deepStrictEqual(requests.map((request) => request.body.flag_keys_to_evaluate), [
          ["needs-server", "local-on", "needs-server"]
        ])
      }).pipe(Effect.provide(layer))
    })

    it.live("none when local evaluation answers all, when local-only, without an id, and for no keys", () => {
      const { layer } = Doubles.withServer({
        local: (_, keys) => (keys === undefined ? half : Doubles.evaluation({ "local-on": true }))
      })
      return Effect.gen(function*() {
        const server = yield* Doubles.server
        deepStrictEqual((yield* evaluateFlags({ ...user, flagKeys: ["local-on"] })).keys, ["local-on"])
        deepStrictEqual((yield* evaluateFlags({ ...user, onlyEvaluateLocally: true })).keys, ["local-on"])
        const { lines, result } = yield* logged(Effect.all([evaluateFlags({}), evaluateFlags({ distinctId: "" })]))
        deepStrictEqual(result.map(({ keys }) => keys), [[], []])
        strictEqual(lines.length, 1)
        assert.include(lines[0], "without a distinct id")
        deepStrictEqual((yield* evaluateFlags({ ...user, flagKeys: [] })).keys, [])
        strictEqual((yield* server.requests).length, 0)
      }).pipe(Effect.provide(layer))
    })

    it.live("none when the client is configured for local evaluation only", () => {
      const { layer } = Doubles.withServer({ options: { flags: { onlyEvaluateLocally: true } }, local: half })
      return Effect.gen(function*() {
        const server = yield* Doubles.server
        deepStrictEqual((yield* evaluateFlags(user)).keys, ["local-on"])
        strictEqual((yield* server.requests).length, 0)
      }).pipe(Effect.provide(layer))
    })

    it.live("two evaluations are two requests: answers are not kept", () => {
      const { layer } = Doubles.withServer({ server: { remoteFlags: { a: true } } })
      return Effect.gen(function*() {
        const server = yield* Doubles.server
        yield* evaluateFlags(user)
        yield* evaluateFlags(user)
        strictEqual((yield* server.flagRequests).length, 2)
      }).pipe(Effect.provide(layer))
    })
  })

  describe("law 2: a snapshot never changes, and reading it does no I/O", () => {
    it.live("what the server decides later is not seen", () => {
      const { layer } = Doubles.withServer({ server: { remoteFlags: { a: true, b: "one" } } })
      return Effect.gen(function*() {
        const server = yield* Doubles.server
        const snapshot = yield* evaluateFlags(user)
        yield* server.setRemoteFlags({ a: false, c: true })
        strictEqual(yield* snapshot.isEnabled("a"), true)
        assertSome(yield* snapshot.getFlag("b"), "one")
        assertNone(yield* snapshot.getFlag("c"))
        deepStrictEqual(snapshot.keys, ["a", "b"])
        assertNone(snapshot.detail("c"))
        yield* snapshot.only(["a"])
        yield* snapshot.onlyAccessed
        strictEqual((yield* server.requests).length, 1)
      }).pipe(Effect.provide(layer))
    })

    it.effect("what the caller does to its own request afterwards is not seen", () => {
      const { layer, queue } = Doubles.services({ local: Doubles.evaluation({ a: true, b: true }) })
      return Effect.gen(function*() {
        const groups: Record<string, string> = { workspace: "ws-1" }
        const flagKeys = ["a"]
        const snapshot = yield* evaluateFlags({ ...user, groups, flagKeys })
        groups["workspace"] = "ws-2"
        flagKeys.push("b")
        deepStrictEqual(snapshot.keys, ["a"])
        yield* snapshot.isEnabled("a")
        deepStrictEqual(queue.taken[0]?.groups, { workspace: "ws-1" })
      }).pipe(Effect.provide(layer))
    })

    it.effect("keys, errors and event properties cannot be changed through what is handed out", () => {
      const { layer } = Doubles.services({ local: Doubles.evaluation({ a: true }) })
      return Effect.gen(function*() {
        const snapshot = yield* evaluateFlags(user)
        assert.isTrue(Object.isFrozen(snapshot.keys))
        assert.isTrue(Object.isFrozen(snapshot.errors))
        assert.isTrue(Object.isFrozen(eventProperties(snapshot)))
        assert.throws(() => Object.assign(snapshot, { isEnabled: () => Effect.succeed(false) }), TypeError)
        assert.isTrue(Object.isFrozen(yield* snapshot.only(["a"])))
      }).pipe(Effect.provide(layer))
    })
  })

  describe("law 3: a remote value never overwrites a local one", () => {
    it.live("neither its value, nor its payload, nor its detail", () => {
      const { layer } = Doubles.withServer({
        server: {
          remoteFlags: {
            "local-on": { value: "remote", payload: { from: "server" }, id: 9 },
            "local-off": true,
            "needs-server": "decided"
          }
        },
        local: Doubles.evaluation({
          "local-on": Doubles.resolved("local", { payload: { from: "definitions" } }),
          "local-off": false,
          "needs-server": Doubles.inconclusive
        })
      })
      return Effect.gen(function*() {
        const snapshot = yield* evaluateFlags(user)
        assertSome(yield* snapshot.getFlag("local-on"), "local")
        assertSome(snapshot.getFlagPayload("local-on"), { from: "definitions" })
        strictEqual(Option.getOrThrow(snapshot.detail("local-on")).source, "local")
        strictEqual(Option.getOrThrow(snapshot.detail("local-on")).id, undefined)
        assertSome(yield* snapshot.getFlag("local-off"), false)
        assertSome(yield* snapshot.getFlag("needs-server"), "decided")
        strictEqual(Option.getOrThrow(snapshot.detail("needs-server")).source, "remote")
      }).pipe(Effect.provide(layer))
    })
  })

  describe("law 4: remote failure fails, and its snapshot holds what resolved locally", () => {
    it.live("the class of the failure comes first on exposures", () => {
      const { layer, queue } = Doubles.withServer({ local: half })
      return Effect.gen(function*() {
        const server = yield* Doubles.server
        yield* server.always("flags", Fault.status(503))
        const { lines, result: error } = yield* logged(Effect.flip(evaluateFlags(user)))
        assert.include(lines.join(), "PostHog answered with status 503")
        assert.instanceOf(error, RemoteFlagsError)
        strictEqual(error.reason, "ApiError")
        strictEqual(error.httpStatus, 503)
        deepStrictEqual(error.snapshot.keys, ["local-on"])
        deepStrictEqual(error.snapshot.errors, ["api_error_503"])
        strictEqual(yield* error.snapshot.isEnabled("local-on"), true)
        strictEqual(yield* error.snapshot.isEnabled("needs-server", { defaultValue: true }), true)
        deepStrictEqual(
          queue.taken.map(({ properties }) => [properties?.["$feature_flag"], properties?.["$feature_flag_error"]]),
          [["local-on", "api_error_503"], ["needs-server", "api_error_503,local_evaluation_inconclusive"]]
        )
        strictEqual((yield* server.flagRequests).length, 1)
      }).pipe(Effect.provide(layer))
    })

    it.effect("every class has its word", () => {
      const failures: ReadonlyArray<[DeciderError, FlagErrorCode]> = [
        [new DeciderError({ reason: "Timeout" }), "timeout"],
        [new DeciderError({ reason: "ConnectionError" }), "connection_error"],
        [new DeciderError({ reason: "ApiError", httpStatus: 429 }), "api_error_429"],
        [new DeciderError({ reason: "InvalidResponse", httpStatus: 200 }), "unknown_error"],
        [new DeciderError({ reason: "UnknownError" }), "unknown_error"]
      ]
      return Effect.forEach(failures, ([failure, word]) => {
        const { layer, queue } = Doubles.services({ server: failure })
        return Effect.gen(function*() {
          const snapshot = yield* Flags.orPartial(evaluateFlags(user))
          yield* snapshot.getFlag("gone")
          strictEqual(queue.taken[0]?.properties?.["$feature_flag_error"], `${word},flag_missing`)
          deepStrictEqual(snapshot.errors, [word])
        }).pipe(Effect.provide(layer))
      }, { discard: true })
    })
  })

  describe("law 5: an exposure is reported at most once", () => {
    it.effect("once for person, key, value, device and groups, over snapshots and the single-flag path", () => {
      const { layer, queue } = Doubles.services({ local: Doubles.evaluation({ a: "one" }) })
      return Effect.gen(function*() {
        const read = (request: Parameters<typeof evaluateFlags>[0]) =>
          Effect.flatMap(evaluateFlags(request), (snapshot) => snapshot.getFlag("a"))
        yield* read(user)
        yield* read(user)
        yield* Flags.getFeatureFlag({ ...user, key: "a" })
        yield* read({ ...user, groups: {} })
        strictEqual(queue.offers.length, 1)
        yield* read({ ...user, deviceId: "device-1" })
        yield* read({ ...user, groups: { a: "1", b: 2 } })
        yield* read({ ...user, groups: { b: "2", a: 1 } })
        yield* read({ distinctId: "user-18" })
        strictEqual(queue.offers.length, 4)
      }).pipe(Effect.provide(layer))
    })

    it.effect("a thousand fibers reading fifty keys report fifty exposures", () => {
      const keys = Array.from({ length: 50 }, (_, index) => `flag-${index}`)
      const { layer, queue } = Doubles.services({
        local: Doubles.evaluation(Object.fromEntries(keys.map((key) => [key, true])))
      })
      return Effect.gen(function*() {
        const snapshot = yield* evaluateFlags(user)
        const fibers = yield* Effect.forEach(
          Array.from({ length: 1000 }),
          () => Effect.forkChild(Effect.forEach(keys, (key) => snapshot.isEnabled(key), { concurrency: 5, discard: true }), { uninterruptible: "inherit" })
        )
        yield* Fiber.joinAll(fibers)
        strictEqual(queue.offers.length, 50)
        deepStrictEqual(queue.taken.map(({ properties }) => properties?.["$feature_flag"]).sort(), [...keys].sort())
      }).pipe(Effect.provide(layer))
    })

    it.effect("a queue that refuses every third offer loses none", () => {
      const keys = Array.from({ length: 50 }, (_, index) => `flag-${index}`)
      const { layer, queue } = Doubles.services({
        local: Doubles.evaluation(Object.fromEntries(keys.map((key) => [key, true]))),
        answer: (_, count) => count % 3 === 0 ? Doubles.rejected : { _tag: "Accepted", id: `event-${count}` as never }
      })
      return Effect.gen(function*() {
        const snapshot = yield* evaluateFlags(user)
        const fibers = yield* Effect.forEach(
          Array.from({ length: 1000 }),
          () => Effect.forkChild(Effect.forEach(keys, (key) => snapshot.isEnabled(key), { discard: true }), { uninterruptible: "inherit" })
        )
        yield* Fiber.joinAll(fibers)
        deepStrictEqual(queue.taken.map(({ properties }) => properties?.["$feature_flag"]).sort(), [...keys].sort())
        assert.isAbove(queue.offers.length, 50)
      }).pipe(Effect.provide(layer))
    })

    it.effect("a reader that is interrupted between claim and offer has reported all the same", () => {
      const { layer, queue } = Doubles.services({ local: Doubles.evaluation({ a: true }) })
      return Effect.gen(function*() {
        const claimed = yield* Deferred.make<void>()
        const go = yield* Deferred.make<void>()
        const slow = Layer.succeed(DedupCache, {
          claim: () => Deferred.succeed(claimed, undefined).pipe(Effect.andThen(Deferred.await(go)), Effect.as(true)),
          release: () => Effect.void
        })
        const snapshot = yield* Effect.provide(evaluateFlags(user), Layer.merge(layer, slow))
        const fiber = yield* Effect.forkChild(snapshot.isEnabled("a"), { uninterruptible: "inherit" })
        yield* Deferred.await(claimed)
        const interrupting = yield* Effect.forkChild(interruptFiber(fiber), { uninterruptible: "inherit" })
        yield* Effect.yieldNow
        yield* Deferred.succeed(go, undefined)
        yield* Fiber.join(interrupting)
        strictEqual(queue.taken.length, 1)
      })
    })

    it.effect("a claim is given back when the queue breaks, and the read shows how it broke", () => {
      let broken = true
      const { layer, queue } = Doubles.services({
        local: Doubles.evaluation({ a: true }),
        answer: (_, count) => {
          if (broken) throw new Error("broken queue")
          return { _tag: "Accepted", id: `event-${count}` as never }
        }
      })
      return Effect.gen(function*() {
        const snapshot = yield* evaluateFlags(user)
        assert.isTrue((yield* Effect.exit(snapshot.isEnabled("a")))._tag === "Failure")
        broken = false
        yield* snapshot.isEnabled("a")
        strictEqual(queue.taken.length, 1)
      }).pipe(Effect.provide(layer))
    })
  })

  describe("law 6: children start with a copy of what was accessed and go their own way", () => {
    it.effect("neither sees what the other reads afterwards", () => {
      const { layer } = Doubles.services({ local: Doubles.evaluation({ a: true, b: true, c: true }) })
      return Effect.gen(function*() {
        const parent = yield* evaluateFlags(user)
        yield* parent.isEnabled("a")
        const child = yield* parent.only(["a", "b"])
        yield* child.getFlag("b")
        yield* parent.getFlag("c")
        deepStrictEqual((yield* child.onlyAccessed).keys, ["a", "b"])
        deepStrictEqual((yield* parent.onlyAccessed).keys, ["a", "c"])
      }).pipe(Effect.provide(layer))
    })

    it.effect("reading a key that was filtered out is silent, and it has no value", () => {
      const { layer, queue } = Doubles.services({ local: Doubles.evaluation({ a: true, b: true }) })
      return Effect.gen(function*() {
        const parent = yield* evaluateFlags(user)
        const child = yield* parent.only(["a"])
        strictEqual(yield* child.isEnabled("b"), false)
        assertNone(yield* child.getFlag("b"))
        assertNone(child.getFlagPayload("b"))
        assertNone(child.detail("b"))
        strictEqual(queue.offers.length, 0)
        deepStrictEqual((yield* child.onlyAccessed).keys, [])
      }).pipe(Effect.provide(layer))
    })
  })

  describe("law 7: payloads, keys, details, filters and enrichment are silent", () => {
    it.effect("nothing is offered, and nothing counts as accessed", () => {
      const { layer, queue } = Doubles.services({
        local: Doubles.evaluation({ a: Doubles.resolved(true, { payload: 7 }), b: false })
      })
      return Effect.gen(function*() {
        const snapshot = yield* evaluateFlags(user)
        assertSome(snapshot.getFlagPayload("a"), 7)
        deepStrictEqual(snapshot.keys, ["a", "b"])
        assert.isTrue(Option.isSome(snapshot.detail("a")))
        deepStrictEqual(eventProperties(snapshot), {
          "$feature/a": true,
          "$feature/b": false,
          $active_feature_flags: ["a"]
        })
        yield* snapshot.only(["a"])
        yield* Flags.getFeatureFlagPayload({ ...user, key: "a" })
        yield* Flags.getAllFlags(user)
        yield* Flags.getAllFlagsAndPayloads(user)
        strictEqual(queue.offers.length, 0)
        deepStrictEqual((yield* snapshot.onlyAccessed).keys, [])
      }).pipe(Effect.provide(layer))
    })
  })

  describe("rules beside the laws", () => {
    it.effect("keys outside the request are dropped, whoever decided them", () => {
      const local: LocalEvaluation = Doubles.evaluation({ a: true, other: true, wanted: Doubles.inconclusive })
      const server: DecideResponse = { flags: { wanted: { enabled: true }, stranger: { enabled: true } } }
      const { layer } = Doubles.services({ local, server })
      return Effect.gen(function*() {
        const snapshot = yield* evaluateFlags({ ...user, flagKeys: ["wanted", "a"] })
        deepStrictEqual(snapshot.keys, ["a", "wanted"])
        assertNone(yield* snapshot.getFlag("other"))
        assertNone(yield* snapshot.getFlag("stranger"))
        assertNone(snapshot.getFlagPayload("stranger"))
        assertNone(snapshot.detail("other"))
      }).pipe(Effect.provide(layer))
    })

    it.effect("a clean answer that omits a key without a definition is remembered; any other is not", () => {
      const local = Doubles.evaluation({ ghost: Doubles.unknown, known: Doubles.inconclusive, found: Doubles.unknown })
      const ask = (server: DecideResponse | DeciderError, flagKeys?: ReadonlyArray<string>) => {
        const { absent, layer } = Doubles.services({ local, server })
        return evaluateFlags({ ...user, flagKeys }).pipe(
          Effect.result,
          Effect.as(absent),
          Effect.provide(layer)
        )
      }
      const keys = ["ghost", "known", "found"]
      const flags = { found: { enabled: true } }
      return Effect.gen(function*() {
        deepStrictEqual(yield* ask({ flags }, keys), ["ghost"])
        deepStrictEqual(yield* ask({ flags: { ...flags, ghost: { enabled: false, failed: true } } }, keys), [])
        deepStrictEqual(yield* ask({ flags: {}, quotaLimited: true }, keys), [])
        deepStrictEqual(yield* ask({ flags, errorsWhileComputingFlags: true }, keys), [])
        deepStrictEqual(yield* ask(new DeciderError({ reason: "Timeout" }), keys), [])
        deepStrictEqual(yield* ask({ flags }), [])
      })
    })

    it.effect("a key that the caller adds to its list while the server answers is not remembered as absent", () => {
      const flagKeys = ["ghost"]
      const { absent, layer } = Doubles.services({
        local: Doubles.evaluation({ ghost: Doubles.unknown }),
        server: () => Effect.sync(() => void flagKeys.push("later")).pipe(Effect.as({ flags: {} }))
      })
      return Effect.gen(function*() {
        yield* evaluateFlags({ ...user, flagKeys })
        deepStrictEqual(absent, ["ghost"])
      }).pipe(Effect.provide(layer))
    })

    it.effect("orPartial lets other errors pass", () => {
      const { layer } = Doubles.services({ server: new DeciderError({ reason: "Timeout" }) })
      return Effect.gen(function*() {
        const other = evaluateFlags(user).pipe(Effect.tap(Effect.fail("mine")), Flags.orPartial, Effect.result)
        strictEqual(Result.isSuccess(yield* other), true)
        const after = evaluateFlags(user).pipe(Flags.orPartial, Effect.andThen(Effect.fail("mine")), Effect.result)
        assertLeft(yield* after, "mine")
      }).pipe(Effect.provide(layer))
    })
  })
})
