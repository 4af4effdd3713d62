import { HttpClient, HttpClientError, HttpClientResponse } from "@effect/platform"
import type { HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Logger, LogLevel, Redacted } from "effect"
import { Decider, type DecideRequest } from "effect-posthog"
import type { Options } from "effect-posthog/PostHogConfig"
import { inspect } from "node:util"
import * as Doubles from "../support/doubles.ts"

const user: DecideRequest = { distinctId: "acct-4471" }

type Respond = (
  request: HttpClientRequest.HttpClientRequest
) => Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>

const decideWith = (respond: Respond, flags: Options["flags"] = {}, request = user) =>
  Effect.flatMap(Decider, (decider) => decider.decide(request)).pipe(
    Effect.provide(Decider.layer.pipe(
      Layer.provide(Layer.orDie(Doubles.config({
        apiKey: Redacted.make("phc_project"),
        secretKey: Redacted.make("phs_secret"),
        flags: { maxRetries: 0, ...flags }
      }))),
      Layer.provide(Layer.succeed(HttpClient.HttpClient, HttpClient.make(respond)))
    ))
  )

const answering = (body: BodyInit, headers: Record<string, string> = {}): Respond => (request) =>
  Effect.sync(() => HttpClientResponse.fromWeb(request, new Response(body, { headers })))

const quietly = Logger.withMinimumLogLevel(LogLevel.None)

const reasonOf = (json: string, flags?: Options["flags"]) =>
  Effect.map(quietly(Effect.flip(decideWith(answering(json), flags))), ({ reason }) => reason)

describe("an answer that is too large", () => {
  const endless = () => {
    let bytes = 0
    const chunk = new TextEncoder().encode(" ".repeat(64 * 1024))
    const body = new ReadableStream({
      pull: (controller) => {
        bytes += chunk.byteLength
        controller.enqueue(chunk)
      }
    })
    return { body, bytes: () => bytes }
  }

  for (const headers of [{}, { "content-length": "10", "content-encoding": "gzip" }]) {
    it.effect(`is not read to its end, with ${JSON.stringify(headers)}`, () =>
      Effect.gen(function*() {
        const { body, bytes } = endless()
        const error = yield* quietly(Effect.flip(decideWith(answering(body, headers))))
        assert.strictEqual(error.reason, "TooLarge")
        assert.isAtLeast(bytes(), 8 * 1024 * 1024)
        assert.isBelow(bytes(), 10 * 1024 * 1024)
      }))
  }

  it.effect("is one larger than flags.maxResponseBytes", () =>
    Effect.gen(function*() {
      const json = JSON.stringify({ flags: { a: { enabled: true } }, more: "x".repeat(1000) })
      assert.strictEqual(yield* reasonOf(json, { maxResponseBytes: 1000 }), "TooLarge")
      const { flags } = yield* decideWith(answering(json), { maxResponseBytes: json.length })
      assert.deepStrictEqual(Object.keys(flags), ["a"])
    }))

  it.effect("is one with more flags than a project has, of either shape", () =>
    Effect.gen(function*() {
      const flags = (count: number, value: unknown) =>
        Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, value]))
      for (const count of [20_001, 100_000]) {
        assert.strictEqual(yield* reasonOf(JSON.stringify({ featureFlags: flags(count, true) })), "TooLarge")
      }
      assert.strictEqual(
        yield* reasonOf(JSON.stringify({ flags: flags(100_000, { enabled: true, variant: `":{[` }) })),
        "TooLarge"
      )
      const payloads = JSON.stringify({ a: { b: [{ c: `\\"` }] } })
      const json = JSON.stringify({ featureFlags: flags(20_000, "on"), featureFlagPayloads: flags(20_000, payloads) })
      const answer = yield* decideWith(answering(json))
      assert.strictEqual(Object.keys(answer.flags).length, 20_000)
      assert.deepStrictEqual(answer.flags["f19999"], { enabled: true, variant: "on", failed: false, payload: payloads })
    }))
})

it.effect("what the server repeats or describes is bounded", () =>
  Effect.gen(function*() {
    const long = "x".repeat(100_000)
    const answer = yield* decideWith(answering(JSON.stringify({
      flags: {
        good: { enabled: true, reason: { code: long, description: long } },
        [long]: { enabled: true },
        variant: { enabled: true, variant: long }
      },
      requestId: long
    })))
    assert.deepStrictEqual(Object.keys(answer.flags), ["good", "variant"])
    assert.strictEqual(answer.flags["variant"]?.failed, true)
    assert.isBelow(JSON.stringify(answer).length, 5000)
  }))

describe("a client that misbehaves", () => {
  const request: DecideRequest = {
    distinctId: "person-4471",
    deviceId: "device-4471",
    personProperties: { email: "ada@example.com", note: `says "hi"`, seats: 123456 },
    groups: { company: "company-4471" },
    groupProperties: { company: { plan: "enterprise-plan" } },
    flagKeys: ["flag-4471"]
  }

  const withheld = [
    "phc_project",
    "phs_secret",
    "person-4471",
    "device-4471",
    "ada@example.com",
    `says \\"hi\\"`,
    `says "hi"`,
    "123456",
    "company-4471",
    "enterprise-plan",
    "flag-4471"
  ]

  const bodyOf = (httpRequest: HttpClientRequest.HttpClientRequest): string =>
    httpRequest.body._tag === "Uint8Array" ? new TextDecoder().decode(httpRequest.body.body) : ""

  const tellsAll = (httpRequest: HttpClientRequest.HttpClientRequest): Error =>
    Object.assign(new Error(`cannot send ${withheld.join(" ")}`), {
      code: "ENOTFOUND",
      cause: new Error(`body: ${bodyOf(httpRequest).slice(0, 100)}`, { cause: new Error(bodyOf(httpRequest)) })
    })

  const ways: Readonly<Record<string, { readonly respond: Respond; readonly reason: string }>> = {
    "fails and shows its request": {
      respond: (httpRequest) =>
        Effect.fail(
          new HttpClientError.RequestError({ request: httpRequest, reason: "Transport", cause: tellsAll(httpRequest) })
        ),
      reason: "ConnectionError"
    },
    "dies and shows its request": {
      respond: (httpRequest) => Effect.die(tellsAll(httpRequest)),
      reason: "UnknownError"
    },
    "throws and shows its request": {
      respond: (httpRequest) => {
        throw tellsAll(httpRequest)
      },
      reason: "UnknownError"
    },
    "dies of its request": { respond: (httpRequest) => Effect.die(httpRequest), reason: "UnknownError" },
    "dies of text": { respond: () => Effect.die("phs_secret"), reason: "UnknownError" },
    "interrupts itself": { respond: () => Effect.interrupt, reason: "UnknownError" }
  }

  for (const [name, { reason, respond }] of Object.entries(ways)) {
    it.effect(`${name}: fails the evaluation, and nothing of the request is shown`, () =>
      Effect.gen(function*() {
        const lines: Array<string> = []
        const logger = Logger.make((options) => {
          lines.push(inspect(Logger.structuredLogger.log(options), { depth: 20 }))
        })
        const exit = yield* Effect.exit(decideWith(respond, {}, request)).pipe(
          Logger.withMinimumLogLevel(LogLevel.Debug),
          Effect.provide(Logger.replace(Logger.defaultLogger, logger))
        )
        assert.isTrue(Exit.isFailure(exit) && Cause.isFailType(exit.cause))
        if (!Exit.isFailure(exit) || !Cause.isFailType(exit.cause)) return
        const { error } = exit.cause
        assert.strictEqual(error.reason, reason)
        const shown = [
          inspect(error, { depth: 20, showHidden: true }),
          JSON.stringify(error),
          String(error.cause),
          Cause.pretty(exit.cause, { renderErrorCause: true }),
          ...lines
        ].join("\n")
        for (const text of withheld) assert.notInclude(shown, text)
        assert.notInclude(shown, "distinct_id")
      }))
  }

  it.effect("shows the code of its failure, and no message of a request that is large", () =>
    Effect.gen(function*() {
      const large = { ...request, personProperties: { text: "x".repeat(300_000) } }
      const respond = ways["fails and shows its request"]?.respond ?? answering("")
      const error = yield* quietly(Effect.flip(decideWith(respond, {}, large)))
      assert.strictEqual((error.cause as { readonly code?: string }).code, "ENOTFOUND")
      for (const text of withheld) assert.notInclude(inspect(error, { depth: 20 }), text)
    }))
})
