// Generated from packages/effect-posthog/test/exceptions/issues.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { ErrorTracking, PostHogServer, PostHogTest } from "@effect-posthog/testkit"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { assert, describe, it } from "../support/effectVitest.ts"
import { Cause, Data, Effect, Layer, Logger, Redacted } from "effect"
import { Events, PostHog } from "effect-posthog-4"
import * as Exceptions from "effect-posthog-4/Exceptions"
import { exceptions, testLayer, withStack } from "../support/exceptions.ts"

class Failed extends Data.TaggedError("Failed")<{ readonly id: number; readonly cause?: unknown }> {
  override get message() {
    return `order ${this.id} failed`
  }
}

interface Failure {
  readonly host?: string
  readonly id?: number
  readonly type?: string
  readonly place?: string
  readonly cause?: string
  readonly span?: string
  readonly fingerprint?: string
}

const thrown = ({ cause, host = "/srv/a", id = 1, place = "src/cart.js:3:9", type = "Failed" }: Failure) =>
  withStack(
    Object.assign(new Failed({ id, ...(cause === undefined ? {} : { cause: withStack(new Error(cause), "") }) }), {
      name: type
    }),
    `${type}: order ${id} failed\n    at total (${host}/${place})\n    at main (${host}/src/main.js:1:1)`
  )

/** The issue that a failure belongs to, on a host that holds the application in this folder. */
const issueOf = (failure: Failure) =>
  Effect.gen(function*() {
    yield* Effect.fail(thrown(failure)).pipe(
      Effect.withSpan(failure.span ?? "pay"),
      Exceptions.withReporting(failure.fingerprint === undefined ? {} : { fingerprint: failure.fingerprint }),
      Effect.exit
    )
    const processed = (yield* exceptions).map(({ properties }) => ErrorTracking.process(properties))
    assert.deepStrictEqual(processed.map(({ problems }) => problems), [[]])
    return processed[0]?.fingerprint
  }).pipe(Effect.provide(testLayer({ exceptions: { root: failure.host ?? "/srv/a" } })))

describe("one bug is one issue", () => {
  const same: Readonly<Record<string, Failure>> = {
    "from hosts that hold the application in different folders": { host: "/opt/shop/releases/20261127" },
    "with another id in its message": { id: 2 },
    "with another id in the name of its span": { span: "GET /orders/17" }
  }
  for (const [name, failure] of Object.entries(same)) {
    it.effect(name, () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* issueOf(failure), yield* issueOf({}))
      }))
  }
})

describe("two bugs are two issues", () => {
  const different: Readonly<Record<string, Failure>> = {
    "of different types": { type: "Declined" },
    "in different files": { place: "src/checkout.js:3:9" },
    "with different causes": { cause: "no connection" },
    "with a fingerprint of its own": { fingerprint: "mine" }
  }
  for (const [name, failure] of Object.entries(different)) {
    it.effect(name, () =>
      Effect.gen(function*() {
        assert.notStrictEqual(yield* issueOf(failure), yield* issueOf({}))
      }))
  }
})

it.effect("two failures at once are two issues, whichever other failure there is", () =>
  Effect.gen(function*() {
    yield* Exceptions.report(Cause.combine(Cause.fail(thrown({})), Cause.die(thrown({ type: "Other" }))))
    const processed = (yield* exceptions).map(({ properties }) => ErrorTracking.process(properties).fingerprint)
    assert.deepStrictEqual(processed, [yield* issueOf({}), yield* issueOf({ type: "Other" })])
  }).pipe(Effect.provide(testLayer({ exceptions: { root: "/srv/a" } }))))

it.live("PostHog takes what is reported of anything at all, and refuses a raw exception without a list", () =>
  Effect.gen(function*() {
    const server = yield* PostHogServer.PostHogServer
    const revoked = Proxy.revocable({}, {})
    revoked.revoke()
    const values = [
      new Error("x"),
      "text",
      undefined,
      Symbol("s"),
      revoked.proxy,
      { _tag: "Gone" },
      new AggregateError([new Error("a"), null, revoked.proxy]),
      withStack(
        new Error("x"),
        "Error: x\n    at <anonymous>\n    at native\n    at f (native)\n    at async Promise.all (index 0)"
      ),
      withStack(new Error("lone \ud800 surrogate"), "Error\n    at \udfff (/srv/a.js:99999999999999:1)")
    ]
    const client = PostHog.layer({ apiKey: Redacted.make("phc_test"), host: server.url }).pipe(
      Layer.provide(FetchHttpClient.layer)
    )
    yield* Effect.gen(function*() {
      for (const value of values) yield* Exceptions.report(value)
      yield* Events.capture({ event: "$exception", distinctId: "ada" })
      yield* Events.flush
    }).pipe(Effect.provide(client))
    const received = yield* server.exceptions
    assert.strictEqual(received.length, values.length + 1)
    assert.deepStrictEqual(received.slice(0, -1).flatMap(({ problems }) => problems), [])
    assert.isNotEmpty(received.at(-1)?.problems ?? [])
  }).pipe(Effect.provide(PostHogServer.layer()), Effect.provide(Logger.layer([]))))

it.effect("tests can expect an exception", () =>
  Effect.gen(function*() {
    yield* Effect.exit(Exceptions.withReporting(Effect.fail(new Failed({ id: 3 }))))
    const test = yield* PostHogTest.PostHogTest
    const found = yield* test.expectException({ type: "Failed" })
    assert.strictEqual(found.value, "order 3 failed")
    assert.strictEqual(found.handled, false)
    assert.strictEqual(found.source, "effect.fiber")
  }).pipe(Effect.provide(testLayer())))
