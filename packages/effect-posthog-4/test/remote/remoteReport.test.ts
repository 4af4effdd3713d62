// Generated from packages/effect-posthog/test/remote/remoteReport.test.ts by packages/tools/editions.mjs: change that file, not this one.
import * as References from "effect/References"
import { httpClientError } from "../support/standIns.ts"
import { makeLogger } from "../support/standIns.ts"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import { assert, describe, it } from "../support/effectVitest.ts"
import { Effect, Layer, Logger, LogLevel } from "effect"
import * as TestClock from "../support/testClock.ts"
import { Decider } from "effect-posthog-4"
import * as Doubles from "../support/doubles.ts"

type Behaviour = Response | { readonly code: string }

/** What is logged while the server behaves in each of these ways, one evaluation after the other. */
const linesOf = (
  behaviours: ReadonlyArray<() => Behaviour>,
  { between = "0 millis", level = "Info" }: {
    readonly between?: "0 millis" | "61 seconds"
    readonly level?: LogLevel.LogLevel
  } = {}
) =>
  Effect.gen(function*() {
    const lines: Array<string> = []
    const logger = makeLogger<unknown, void>(({ logLevel, message }) => {
      lines.push(`${logLevel.label} ${[message].flat().join(" ")}`)
    })
    let next: () => Behaviour = () => new Response("{}")
    const client = HttpClient.make((request) =>
      Effect.suspend(() => {
        const behaviour = next()
        return behaviour instanceof Response
          ? Effect.succeed(HttpClientResponse.fromWeb(request, behaviour))
          : Effect.fail(
            httpClientError({
              request,
              reason: "Transport",
              cause: Object.assign(new Error("no"), behaviour)
            })
          )
      })
    )
    yield* Effect.gen(function*() {
      const { decide } = yield* Decider
      for (const behaviour of behaviours) {
        next = behaviour
        yield* Effect.result(decide({ distinctId: "ada" }))
        yield* TestClock.adjust(between)
      }
    }).pipe(
      Effect.provide(Decider.layer.pipe(
        Layer.provide(Layer.orDie(Doubles.config({ flags: { maxRetries: 0 } }))),
        Layer.provide(Layer.succeed(HttpClient.HttpClient, client))
      )),
      Effect.provideService(References.MinimumLogLevel, level),
      Effect.provide(Logger.layer([logger]))
    )
    return lines
  })

const status = (code: number, body = "") => () => new Response(body, { status: code })
const broken = (code: string) => () => ({ code })
const works = () => new Response(JSON.stringify({ flags: { a: { enabled: true } }, requestId: "request-1\n" }))

describe("a server that cannot evaluate flags", () => {
  for (
    const [name, behaviour, words] of [
      ["a wrong key", status(401), /https:\/\/us\.i\.posthog\.com .*401.*project API key.*region/],
      ["a key that is not a project's", status(403), /403.*project API key/],
      ["a wrong host", status(404), /404.*eu\.i\.posthog\.com/],
      ["a redirect", status(302), /302.*redirect.*set host/],
      ["a used-up quota", status(402), /402.*quota/],
      ["a host that answers with HTML", status(200, "<!doctype html>"), /not what PostHog sends.*sign-in page/],
      ["a name that does not resolve", broken("ENOTFOUND"), /ENOTFOUND.*host right/],
      ["no network", broken("ENETUNREACH"), /ENETUNREACH.*network/],
      ["a port on which nothing listens", broken("ECONNREFUSED"), /ECONNREFUSED.*port/],
      ["a clock that is off", broken("CERT_NOT_YET_VALID"), /CERT_NOT_YET_VALID.*clock/],
      ["a proxy that inspects traffic", broken("SELF_SIGNED_CERT_IN_CHAIN"), /NODE_EXTRA_CA_CERTS/]
    ] as const
  ) {
    it.effect(`is one warning that says what is wrong: ${name}`, () =>
      Effect.gen(function*() {
        const lines = yield* linesOf([behaviour, behaviour, behaviour])
        assert.strictEqual(lines.length, 1)
        assert.match(lines[0] ?? "", /^WARN /)
        assert.match(lines[0] ?? "", words)
      }))
  }

  it.effect("is a line a minute while it lasts, and one when it works again", () =>
    Effect.gen(function*() {
      const lines = yield* linesOf([status(500), status(500), works, works], { between: "61 seconds" })
      assert.deepStrictEqual(lines.map((line) => line.split(" ")[0]), ["WARN", "WARN", "INFO"])
      assert.match(lines[2] ?? "", /evaluates flags again \(2 evaluations failed\)/)
    }))

  it.effect("is no line for each evaluation when it fails every second time", () =>
    Effect.gen(function*() {
      const lines = yield* linesOf(Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? status(500) : works)))
      assert.deepStrictEqual(lines.map((line) => line.split(" ")[0]), ["WARN", "INFO"])
    }))
})

it.effect("at the level Debug each evaluation is a line, on one line", () =>
  Effect.gen(function*() {
    const lines = yield* linesOf([works, status(500)], { level: "Debug" })
    assert.deepStrictEqual(lines.map((line) => line.split(" ")[0]), ["DEBUG", "WARN", "DEBUG"])
    assert.strictEqual(lines[0], `DEBUG PostHog evaluated 1 flag in 0 ms (request "request-1\\n")`)
    assert.match(lines[2] ?? "", /did not evaluate flags in 0 ms: PostHog answered with status 500/)
  }))
