// Generated from packages/testkit/test/server/hostile.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { assert, describe, it } from "../support/effectVitest.ts"
import { deepStrictEqual, strictEqual } from "../support/assertions.ts"
import { Effect } from "effect"
import { request } from "node:http"
import { connect } from "node:net"
import { gzipSync } from "node:zlib"
import * as Client from "../support/client.ts"

/** Sends these bytes, and answers with the first line that comes back. */
const raw = (text: string) =>
  Effect.flatMap(Client.server, ({ url }) =>
    Effect.callback<string>((resume) => {
      const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(text))
      let received = ""
      socket.setEncoding("utf8")
      socket.on("data", (chunk: string) => {
        received += chunk
        if (received.includes("\r\n")) socket.destroy()
      })
      socket.on("error", () => socket.destroy())
      socket.on("close", () => resume(Effect.succeed(received.split("\r\n")[0] ?? "")))
    }))

/** A request with any headers: `fetch` keeps some to itself. */
const withHeaders = (
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: unknown = undefined
) =>
  Effect.flatMap(Client.server, ({ url }) =>
    Effect.callback<number>((resume) => {
      const outgoing = request(`${url}${path}`, { method, headers }, (response) => {
        response.resume()
        response.on("end", () => resume(Effect.succeed(response.statusCode ?? 0)))
      })
      outgoing.end(body === undefined ? undefined : JSON.stringify(body))
    }))

const batch = { api_key: "phc_test", batch: [Client.v0Event("paid")] }
const json = { "content-type": "application/json" }
const credentials = { authorization: "Bearer phs_test" }
const definitions = "/flags/definitions?token=phc_test"

describe("a server that pages of the internet can reach", () => {
  it.live("refuses names that are not this machine's", () =>
    Effect.gen(function*() {
      const status = (host: string) => withHeaders("GET", definitions, { ...credentials, host })
      for (const host of ["localhost", "localhost:8000", "127.0.0.1:1", "[::1]:80", "posthog", "app.localhost"]) {
        deepStrictEqual([host, yield* status(host)], [host, 200])
      }
      for (const host of ["evil.com", "evil.com:8000", "127.0.0.1.evil.com", "localhost.evil.com", "a b"]) {
        deepStrictEqual([host, yield* status(host)], [host, 403])
      }
    }).pipe(Effect.provide(Client.serverAndClient())))

  it.live("refuses other origins, but for flags, which browsers ask for", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      const status = (origin: string) => withHeaders("POST", "/batch/", { ...json, origin }, batch)
      for (const origin of ["http://localhost:3000", "https://127.0.0.1", "http://[::1]:80"]) {
        deepStrictEqual([origin, yield* status(origin)], [origin, 200])
      }
      for (const origin of ["https://evil.com", "null", "http://localhost.evil.com", "http://127.0.0.1.evil.com"]) {
        deepStrictEqual([origin, yield* status(origin)], [origin, 403])
      }
      const flags = { token: "phc_test", distinct_id: "ada" }
      strictEqual(yield* withHeaders("POST", "/flags/?v=2", { ...json, origin: "https://evil.com" }, flags), 200)
      strictEqual(yield* withHeaders("GET", definitions, { ...credentials, origin: "https://evil.com" }), 403)
      strictEqual((yield* server.events).length, 3)
    }).pipe(Effect.provide(Client.serverAndClient())))

  it.live("refuses the bodies of forms", () =>
    Effect.gen(function*() {
      for (const type of ["application/x-www-form-urlencoded", "multipart/form-data; boundary=a"]) {
        strictEqual(yield* withHeaders("POST", "/batch/", { "content-type": type }, batch), 415)
      }
      strictEqual(yield* withHeaders("POST", "/batch/", { "content-type": "text/plain" }, batch), 200)
    }).pipe(Effect.provide(Client.serverAndClient())))
})

describe("a server that is sent nonsense", () => {
  it.live("answers with a 4xx to whatever a target may be", () =>
    Effect.gen(function*() {
      const targets = [
        "//",
        "///",
        "http://",
        "http://[",
        "//evil.com/x",
        "*",
        "/%",
        "/flags/%ff?a=%",
        "/\\..\\x",
        "/a b"
      ]
      for (const target of targets) {
        const line = yield* raw(`GET ${target} HTTP/1.1\r\nhost: localhost\r\n\r\n`)
        assert.match(line, /^HTTP\/1\.1 4\d\d /, target)
      }
      strictEqual((yield* Client.get("/constructor")).status, 404)
      strictEqual((yield* Client.get("/api/projects/1/feature_flags/%zz/remote_config", credentials)).status, 404)
    }).pipe(Effect.provide(Client.serverAndClient())))

  it.live("answers 413 to bodies that are too large, compressed or not, and keeps nothing of them", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      const text = JSON.stringify({ ...batch, padding: "a".repeat(10_000) })
      strictEqual((yield* Client.post("/batch/", text)).status, 413)
      const bomb = gzipSync(text)
      assert.isBelow(bomb.length, 1000)
      strictEqual((yield* Client.postBytes("/batch/", bomb, { "content-encoding": "gzip" })).status, 413)
      const v1 = yield* Client.post("/i/v1/analytics/events", text, Client.v1Headers)
      deepStrictEqual([v1.status, v1.json.error], [413, "payload_too_large"])
      deepStrictEqual((yield* server.requests).map(({ body }) => body), [undefined, undefined, undefined])
      strictEqual((yield* Client.post("/batch/", batch)).status, 200)
    }).pipe(Effect.provide(Client.serverAndClient({ maxBodyBytes: 5000 }))))

  it.live("remembers no more bytes than it was told to, the last request always", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      const event = (index: number) => ({ ...Client.v0Event("paid", index), padding: "a".repeat(1000) })
      for (let index = 0; index < 20; index++) yield* Client.batch(event(index))
      const requests = yield* server.requests
      assert.isAtLeast(requests.length, 3)
      assert.isAtMost(requests.length, 5)
      const events = (yield* server.events).map(({ properties }) => properties["index"])
      assert.isAtMost(events.length, 9)
      strictEqual(events[events.length - 1], 19)
      yield* Client.batch({ ...event(20), padding: "a".repeat(20_000) })
      strictEqual((yield* server.requests).length, 1)
      yield* server.awaitEvents(21)
    }).pipe(Effect.provide(Client.serverAndClient({ capacityBytes: 10_000 }))))
})
