import { evaluateFlag } from "@effect-posthog/evaluator"
import type { Arrival } from "@effect-posthog/testkit/Recording"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { request } from "node:http"
import type { DefinitionsOrigin } from "../src/dev/definitionsFeed.ts"
import type { LocalState } from "../src/dev/localServer.ts"
import { makeLocalServer } from "../src/dev/localServer.ts"
import { summary } from "../src/dev/pageApi.ts"
import { makePageServer } from "../src/dev/pageServer.ts"
import { shop } from "./documents.ts"
import { folder } from "./running.ts"

interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
}

/** A request with exactly these headers, which fetch would not send. */
const ask = (url: string, method: string, headers: Readonly<Record<string, string>> = {}, body?: string) =>
  Effect.async<Answer>((resume) => {
    const sent = request(url, { method, headers }, (answer) => {
      const chunks: Array<Buffer> = []
      answer.on("data", (chunk) => chunks.push(chunk))
      answer.on("end", () =>
        resume(Effect.succeed({
          status: answer.statusCode ?? 0,
          text: Buffer.concat(chunks).toString("utf8"),
          headers: answer.headers
        })))
    })
    // The server hangs up on a body that is too large.
    sent.on("error", () => resume(Effect.succeed({ status: 0, text: "", headers: {} })))
    sent.end(body)
  })

const json = { "content-type": "application/json" }

const services = Layer.merge(NodeFileSystem.layer, FetchHttpClient.layer)

const keys = { projectKey: "phc_test", secretKey: "phs_test" }

const started = (origin: DefinitionsOrigin) =>
  Effect.gen(function*() {
    const local = yield* makeLocalServer({ port: 0, ...keys, origin })
    const page = yield* makePageServer(local, { pagePort: 0, ...keys })
    return { local, url: page.url.replace(/\/$/, ""), port: new URL(page.url).port }
  }).pipe(Effect.provide(services))

const startedWithShop = Effect.gen(function*() {
  const files = yield* folder
  const file = files.write("definitions.json", shop)
  return { ...(yield* started({ _tag: "File", file })), files }
})

const ada = { distinctId: "ada", personProperties: {}, groups: {}, groupProperties: {} }

describe("who is answered", () => {
  const refused: ReadonlyArray<readonly [string, string, (port: string) => Record<string, string>, number]> = [
    ["a name that was made to resolve here", "GET", (port) => ({ host: `evil.example:${port}` }), 403],
    ["this machine without the port", "GET", () => ({ host: "127.0.0.1" }), 403],
    ["another site", "GET", () => ({ origin: "https://evil.example" }), 403],
    ["another site that hides", "GET", () => ({ origin: "null" }), 403],
    ["another port of this machine", "POST", () => ({ ...json, origin: "http://localhost:1" }), 403],
    ["another site's script tag", "GET", () => ({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }), 403],
    ["a form", "POST", () => ({ "content-type": "text/plain" }), 415]
  ]
  for (const [name, method, headers, status] of refused) {
    it.scopedLive(`not ${name}`, () =>
      Effect.gen(function*() {
        const { port, url } = yield* startedWithShop
        for (const path of ["/", "/api/state", "/api/happenings", "/api/force"]) {
          const answer = yield* ask(`${url}${path}`, method, headers(port), method === "POST" ? "{}" : undefined)
          assert.strictEqual(answer.status, status, path)
          assert.notInclude(answer.text, "pricing")
        }
      }))
  }

  it.scopedLive("the page itself, under each name of this machine, with headers that keep others out", () =>
    Effect.gen(function*() {
      const { port, url } = yield* startedWithShop
      for (const name of ["127.0.0.1", "localhost", "[::1]"]) {
        const answer = yield* ask(`${url}/`, "GET", { host: `${name}:${port}`, origin: `http://${name}:${port}` })
        assert.strictEqual(answer.status, 200)
        assert.include(String(answer.headers["content-security-policy"]), "default-src 'none'")
        assert.notMatch(answer.text, /https?:\/\//)
      }
      for (const path of ["/page.css", "/page.js"]) {
        const { status, text } = yield* ask(`${url}${path}`, "GET")
        assert.deepStrictEqual([status, /https?:\/\//.test(text)], [200, false])
        // Nothing foreign becomes markup.
        assert.notMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(/)
      }
    }))
})

describe("who may use PostHog's endpoints", () => {
  const capture = JSON.stringify({
    api_key: "phc_test",
    batch: [{ event: "paid", distinct_id: "bob", properties: {} }]
  })
  const foreign: ReadonlyArray<readonly [string, Readonly<Record<string, string>>, number]> = [
    ["a web site whose name was made to resolve here", { ...json, host: "evil.example" }, 403],
    ["a page of another site", { ...json, origin: "https://evil.example" }, 403],
    ["a form", { "content-type": "application/x-www-form-urlencoded" }, 415]
  ]
  for (const [name, headers, status] of foreign) {
    it.scopedLive(`not ${name}`, () =>
      Effect.gen(function*() {
        const { local } = yield* startedWithShop
        const sent = yield* ask(`${local.posthog.url}/batch/`, "POST", headers, capture)
        assert.strictEqual(sent.status, status)
        assert.lengthOf(yield* local.posthog.events, 0)
      }))
  }

  it.scopedLive("no other name reads definitions, even with the secret key", () =>
    Effect.gen(function*() {
      const { local } = yield* startedWithShop
      const secret = { authorization: "Bearer phs_test" }
      for (const headers of [{ ...secret, host: "evil.example" }, { ...secret, origin: "https://evil.example" }]) {
        const answer = yield* ask(`${local.posthog.url}/flags/definitions`, "GET", headers)
        assert.strictEqual(answer.status, 403)
        assert.notInclude(answer.text, "pricing")
      }
    }))

  it.scopedLive("applications of this machine, and pages that it serves", () =>
    Effect.gen(function*() {
      const { local } = yield* startedWithShop
      const { port } = new URL(local.posthog.url)
      for (const headers of [json, { ...json, host: `localhost:${port}`, origin: "http://localhost:3000" }]) {
        assert.strictEqual((yield* ask(`${local.posthog.url}/batch/`, "POST", headers, capture)).status, 200)
      }
      assert.lengthOf(yield* local.posthog.events, 2)
    }))
})

describe("the page's questions", () => {
  it.scopedLive("values in the order of the flags, and an explanation", () =>
    Effect.gen(function*() {
      const { url } = yield* startedWithShop
      const state = JSON.parse((yield* ask(`${url}/api/state`, "GET")).text)
      assert.deepStrictEqual(state.flags.map(({ key }: { key: string }) => key), shop.flags.map(({ key }: any) => key))
      const body = JSON.stringify({ person: { ...ada, personProperties: { tier: "gold" } }, flag: "gold-support" })
      const answer = JSON.parse((yield* ask(`${url}/api/evaluate`, "POST", json, body)).text)
      assert.deepStrictEqual(answer.results[1], [true, "condition_match"])
      assert.strictEqual(answer.results[5][0], null)
      assert.strictEqual(answer.explanation.conditions[0].filters[0].seen, "gold")
    }))

  it.scopedLive("a forced value holds for clients that evaluate themselves and for those that ask", () =>
    Effect.gen(function*() {
      const { local, url } = yield* startedWithShop
      const force = (flag: string, value: unknown) =>
        ask(`${url}/api/force`, "POST", json, JSON.stringify({ flag, value }))
      const served = Effect.gen(function*() {
        const document = JSON.parse(
          (yield* ask(`${local.posthog.url}/flags/definitions`, "GET", { authorization: "Bearer phs_test" })).text
        )
        const asked = yield* ask(
          `${local.posthog.url}/flags/?v=2`,
          "POST",
          json,
          JSON.stringify({ token: "phc_test", distinct_id: "bob" })
        )
        const { compiled } = yield* local.state
        return { document, flags: JSON.parse(asked.text).flags, compiled }
      })
      assert.strictEqual((yield* force("pricing-page", "annual")).status, 200)
      assert.strictEqual((yield* force("welcome-tour", true)).status, 200)
      assert.strictEqual((yield* force("upload-limit", false)).status, 200)
      const forced = yield* served
      assert.strictEqual(forced.flags["pricing-page"].variant, "annual")
      assert.deepStrictEqual([forced.flags["welcome-tour"].enabled, forced.flags["upload-limit"].enabled], [
        true,
        false
      ])
      const local17 = evaluateFlag(forced.compiled, "pricing-page", { distinctId: "17" }, 0)
      assert.deepStrictEqual(local17._tag === "Resolved" && [local17.value, local17.payload], ["annual", {
        headline: "Two months free",
        discount: 0.17
      }])

      assert.strictEqual((yield* force("pricing-page", null)).status, 200)
      assert.strictEqual((yield* force("welcome-tour", null)).status, 200)
      assert.strictEqual((yield* force("upload-limit", null)).status, 200)
      assert.deepStrictEqual((yield* served).document, shop)

      assert.strictEqual((yield* force("pricing-page", "nope")).status, 400)
      assert.strictEqual((yield* force("nope", true)).status, 400)
      assert.strictEqual((yield* force("pricing-page", 7)).status, 400)
    }))

  it.scopedLive("a fault is met by clients until it is switched off", () =>
    Effect.gen(function*() {
      const { local, url } = yield* startedWithShop
      const fault = (endpoint: string, name: string | null) =>
        ask(`${url}/api/fault`, "POST", json, JSON.stringify({ endpoint, fault: name }))
      const flags = ask(
        `${local.posthog.url}/flags/?v=2`,
        "POST",
        json,
        JSON.stringify({ token: "phc_test", distinct_id: "bob" })
      )
      assert.strictEqual((yield* fault("flags", "answers 503")).status, 200)
      assert.deepStrictEqual([(yield* flags).status, (yield* flags).status], [503, 503])
      assert.strictEqual(JSON.parse((yield* ask(`${url}/api/state`, "GET")).text).activeFaults.flags, "answers 503")
      assert.strictEqual((yield* fault("flags", null)).status, 200)
      assert.strictEqual((yield* flags).status, 200)
      assert.deepStrictEqual([(yield* fault("flags", "nope")).status, (yield* fault("nope", null)).status], [400, 400])
    }))

  it.scopedLive("bodies are bounded, and what is not JSON is a 400", () =>
    Effect.gen(function*() {
      const { url } = yield* startedWithShop
      const large = JSON.stringify({ person: { ...ada, personProperties: { text: "x".repeat(2_000_000) } } })
      for (const body of ["{", "{}", "null"]) {
        assert.strictEqual((yield* ask(`${url}/api/evaluate`, "POST", json, body)).status, 400)
      }
      assert.include([0, 400], (yield* ask(`${url}/api/evaluate`, "POST", json, large)).status)
      assert.strictEqual((yield* ask(`${url}/nowhere`, "GET")).status, 404)
    }))

  it.scopedLive("what arrives is told as it happens, with the flag values that events carry", () =>
    Effect.gen(function*() {
      const { local, url } = yield* startedWithShop
      const told = yield* Effect.async<string>((resume) => {
        const listening = request(`${url}/api/happenings`, (answer) => {
          let text = ""
          answer.setEncoding("utf8")
          answer.on("data", (chunk) => {
            text += chunk
            if (text.includes("pricing-page")) {
              listening.destroy()
              resume(Effect.succeed(text))
            } else if (text.startsWith(": hello") && !sent) {
              sent = true
              const event = { event: "paid", distinct_id: "bob", properties: { "$feature/pricing-page": "annual" } }
              const capture = request(`${local.posthog.url}/batch/`, { method: "POST", headers: json })
              capture.end(JSON.stringify({ api_key: "phc_test", batch: [event] }))
            }
          })
        })
        let sent = false
        listening.end()
      })
      assert.include(told, "\"flags\":{\"pricing-page\":\"annual\"}")
    }))
})

describe("definitions", () => {
  it.scopedLive("follow their file; a broken edit leaves the last good ones in place", () =>
    Effect.gen(function*() {
      const { files, local } = yield* startedWithShop
      /** Writes the file until the server has noticed: watching begins a moment after the start. */
      const written = (content: unknown, wanted: (state: LocalState) => boolean) =>
        Effect.race(
          Stream.runHead(Stream.filter(local.changes, wanted)),
          Effect.sync(() => void files.write("definitions.json", content)).pipe(
            Effect.repeat(Schedule.spaced("200 millis")),
            Effect.zipRight(Effect.never)
          )
        )
      yield* written({ ...shop, flags: shop.flags.slice(0, 1) }, ({ compiled }) => compiled.size === 1)
      yield* written("{ broken", ({ kept }) => kept !== undefined)
      assert.strictEqual((yield* local.state).compiled.size, 1)
    }))

  it.scopedLive("of a real project are served here, and its events are not sent there", () =>
    Effect.gen(function*() {
      const upstream = yield* started({ _tag: "None" })
      yield* upstream.local.posthog.setDefinitions(shop)
      const { Option, Redacted } = yield* Effect.promise(() => import("effect"))
      const proxy = yield* started({
        _tag: "Upstream",
        project: {
          host: upstream.local.posthog.url,
          secretKey: Redacted.make("phs_test"),
          projectKey: Option.none()
        }
      })
      assert.strictEqual((yield* proxy.local.state).compiled.size, shop.flags.length)
      const event = { event: "paid", distinct_id: "bob", properties: {} }
      yield* ask(
        `${proxy.local.posthog.url}/batch/`,
        "POST",
        json,
        JSON.stringify({ api_key: "phc_test", batch: [event] })
      )
      assert.lengthOf(yield* proxy.local.posthog.events, 1)
      assert.lengthOf(yield* upstream.local.posthog.events, 0)
    }))
})

describe("what the page is told of an event", () => {
  it("is bounded, whatever was sent", () => {
    const long = "x".repeat(1_000_000)
    const arrival: Arrival = {
      _tag: "Event",
      event: {
        event: long,
        distinct_id: long,
        uuid: undefined,
        timestamp: long,
        route: "batch",
        sent: {},
        properties: Object.fromEntries(
          Array.from({ length: 500 }, (_, index) => [`$feature/${index}${long.slice(0, 1000)}`, long.slice(0, 1000)])
        )
      }
    }
    assert.isBelow(JSON.stringify(summary(arrival)).length, 30_000)
  })
})
