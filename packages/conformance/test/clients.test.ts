import { HttpClient, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, Option, TestClock } from "effect"
import * as Clients from "../src/Clients.ts"

const mode = { protocol: "v0", codec: "gzip" } as const

const init = { api_key: "phc_test_key", host: "http://127.0.0.1:1" }

const event = { event: "e", distinct_id: "d" }

/** Counts requests and answers each in the same way. */
const counting = (status: number) => {
  const sent: Array<string> = []
  const client = HttpClient.make((request) =>
    Effect.sync(() => {
      sent.push(request.url)
      return HttpClientResponse.fromWeb(request, new Response(null, { status }))
    })
  )
  return { sent, client }
}

describe("Clients", () => {
  // With the real clock, which gives a queue that closes a moment to begin a request.
  it.scopedLive("send nothing of what is queued when they are discarded", () =>
    Effect.gen(function*() {
      const { client, sent } = counting(200)
      const lines: Array<string> = []
      yield* Effect.gen(function*() {
        const clients = yield* Clients.make(mode)
        yield* clients.init("a", init)
        const { capture, captureAi, state } = Option.getOrThrow(yield* clients.get("a"))
        yield* capture(event)
        yield* captureAi(event)
        yield* clients.reset("a")
        assert.lengthOf(sent, 0)
        assert.deepInclude(yield* state, { pending_events: 0, total_events_captured: 2, total_events_sent: 0 })
      }).pipe(
        Effect.provideService(HttpClient.HttpClient, client),
        Effect.provide(
          Logger.replace(Logger.defaultLogger, Logger.make(({ message }) => void lines.push(`${message}`)))
        )
      )
      assert.isTrue(lines.some((line) => line.includes("2 undelivered events")))
    }))

  it.scoped("stop retrying once they are discarded", () =>
    Effect.gen(function*() {
      const { client, sent } = counting(503)
      yield* Effect.gen(function*() {
        const clients = yield* Clients.make(mode)
        yield* clients.init("a", { ...init, flush_at: 1 })
        const { capture } = Option.getOrThrow(yield* clients.get("a"))
        yield* capture(event)
        yield* TestClock.adjust("1 millis")
        assert.lengthOf(sent, 1)
        yield* clients.reset("a")
        yield* TestClock.adjust("2 minutes")
        assert.lengthOf(sent, 1)
      }).pipe(Effect.provideService(HttpClient.HttpClient, client))
    }))

  it.effect("are discarded when the scope closes", () =>
    Effect.gen(function*() {
      const { client, sent } = counting(200)
      yield* Effect.gen(function*() {
        const clients = yield* Clients.make(mode)
        yield* clients.init(undefined, init)
        yield* Option.getOrThrow(yield* clients.get(undefined)).capture(event)
      }).pipe(Effect.scoped, Effect.provideService(HttpClient.HttpClient, client))
      yield* TestClock.adjust("2 minutes")
      assert.lengthOf(sent, 0)
    }))

  it.scoped("do not pile up: the one that was not used for longest gives way", () =>
    Effect.gen(function*() {
      const clients = yield* Clients.make(mode, 4)
      for (let at = 0; at < 4; at++) yield* clients.init(`${at}`, init)
      // Used again, so that the second is now the one that was not used for longest.
      assert.isTrue(Option.isSome(yield* clients.get("0")))
      yield* clients.init("one more", init)
      assert.isTrue(Option.isSome(yield* clients.get("0")))
      assert.isTrue(Option.isNone(yield* clients.get("1")))
      assert.isTrue(Option.isSome(yield* clients.get("2")))
      assert.isTrue(Option.isSome(yield* clients.get("one more")))
    }).pipe(Effect.provideService(HttpClient.HttpClient, counting(200).client)))
})
