// Generated from packages/testkit/test/server/faultsOnTheWire.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { Fault } from "@effect-posthog/testkit-4"
import { assert, describe, it } from "../support/effectVitest.ts"
import { deepStrictEqual, strictEqual } from "../support/assertions.ts"
import { Effect } from "effect"
import * as TestClock from "../support/testClock.ts"
import * as Client from "../support/client.ts"
import { bodyOf, connection, receivedUntil } from "../support/connection.ts"

const withServer = Effect.provide(Client.serverAndClient())

const batch = { api_key: "phc_test", batch: [Client.v0Event("paid")] }
const answer = "{\"status\":1}"

describe("faults as a client sees them on its socket", () => {
  it.live("reset: not a byte, then a TCP reset", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      yield* server.script("batch", Fault.reset)
      const client = yield* connection
      yield* client.post("/batch/", batch)
      strictEqual(yield* client.end, "reset")
    }).pipe(Effect.scoped, withServer))

  it.live("truncated body: the full length is announced, half of it comes, then an orderly end", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      yield* server.script("batch", Fault.truncatedBody)
      const client = yield* connection
      yield* client.post("/batch/", batch)
      strictEqual(yield* client.end, "end")
      const response = yield* client.received
      assert.match(response, /^HTTP\/1\.1 200 OK\r\n/)
      assert.match(response, /content-length: 12\r\n/i)
      strictEqual(bodyOf(response), answer.slice(0, 6))
    }).pipe(Effect.scoped, withServer))

  it.live("reset in the middle of the body: half of it, then a TCP reset", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      yield* server.script("batch", Fault.resetMidBody)
      const client = yield* connection
      yield* client.post("/batch/", batch)
      const response = yield* receivedUntil(client.received, (text) => text.endsWith(answer.slice(0, 6)))
      assert.match(response, /content-length: 12\r\n/i)
      strictEqual(yield* client.end, "reset")
    }).pipe(Effect.scoped, withServer))

  it.live("stalled body: head and half of the body, and the connection stays open", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      yield* server.script("batch", Fault.stalledBody)
      const client = yield* connection
      yield* client.post("/batch/", batch)
      const response = yield* receivedUntil(client.received, (text) => text.endsWith(answer.slice(0, 6)))
      assert.match(response, /content-length: 12\r\n/i)
      assert.isTrue(yield* client.isOpen)
      strictEqual(yield* server.openConnections, 1)
    }).pipe(Effect.scoped, withServer))

  it.live("malformed body: the announced length is the length that comes", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      yield* server.script("batch", Fault.malformedBody)
      const client = yield* connection
      yield* client.post("/batch/", batch)
      const response = yield* receivedUntil(client.received, (text) => text.endsWith(answer.slice(0, 6)))
      assert.match(response, /content-length: 6\r\n/i)
    }).pipe(Effect.scoped, withServer))

  it.effect("drip: one byte of the body whenever the interval has passed on the server's clock", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      yield* server.script("batch", Fault.drip("1 second"))
      const client = yield* connection
      yield* client.post("/batch/", batch)
      const chunks: Array<string> = []
      const first = yield* receivedUntil(client.received, (text) => bodyOf(text) === answer.slice(0, 1))
      chunks.push(bodyOf(first))
      while (chunks.length < answer.length) {
        yield* TestClock.adjust("1 second")
        chunks.push(yield* client.received)
      }
      deepStrictEqual(chunks, [...answer])
    }).pipe(Effect.scoped, withServer))
})
