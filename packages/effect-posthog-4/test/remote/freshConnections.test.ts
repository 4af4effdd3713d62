// Generated from packages/effect-posthog/test/remote/freshConnections.test.ts by packages/tools/editions.mjs: change that file, not this one.
import * as References from "effect/References"
import { httpClientError } from "../support/standIns.ts"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import { assert, it } from "../support/effectVitest.ts"
import { Effect, Fiber, Layer, Logger, LogLevel } from "effect"
import * as TestClock from "../support/testClock.ts"
import { Decider } from "effect-posthog-4"
import * as Doubles from "../support/doubles.ts"

const works = "works"

/** Which requests asked for a connection that is not kept, while the client behaves so, a request at a time. */
const asking = (behaviours: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const closing: Array<boolean> = []
    const client = HttpClient.make((request) =>
      Effect.suspend(() => {
        const behaviour = behaviours[closing.length] ?? works
        closing.push(request.headers["connection"] === "close")
        return behaviour === works
          ? Effect.succeed(HttpClientResponse.fromWeb(request, new Response(`{"flags":{}}`)))
          : Effect.fail(
            httpClientError({
              request,
              reason: "Transport",
              cause: new TypeError("fetch failed", { cause: Object.assign(new Error(), { code: behaviour }) })
            })
          )
      })
    )
    const decide = Effect.flatMap(Decider, (decider) => Effect.result(decider.decide({ distinctId: "ada" })))
    const evaluate = Effect.gen(function*() {
      const running = yield* Effect.forkChild(decide, { uninterruptible: "inherit" })
      yield* TestClock.adjust("300 millis")
      return yield* Fiber.join(running)
    })
    const layer = Decider.layer.pipe(
      Layer.provide(Layer.orDie(Doubles.config())),
      Layer.provide(Layer.succeed(HttpClient.HttpClient, client))
    )
    yield* Effect.gen(function*() {
      for (let count = 0; count < 3; count++) yield* evaluate
      yield* TestClock.adjust("10 seconds")
      yield* evaluate
    }).pipe(Effect.provide(layer), Effect.provideService(References.MinimumLogLevel, "None"))
    return closing
  })

for (const code of ["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]) {
  it.effect(`after ${code} connections are not kept for ten seconds`, () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* asking([works, code]), [false, false, true, true, false])
    }))
}

it.effect("a client that refuses to close connections is asked no more", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(
      yield* asking([works, "ECONNRESET", "ERR_HTTP2_INVALID_CONNECTION_HEADERS"]),
      [false, false, true, false, false]
    )
  }))

it.effect("connections are kept when another failure is tried again", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* asking([works, "ECONNREFUSED"]), [false, false, false, false, false])
  }))
