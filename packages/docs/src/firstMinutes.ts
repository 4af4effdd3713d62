import { Fault, PostHogServer } from "@effect-posthog/testkit"
import { FetchHttpClient } from "@effect/platform"
import { Cause, Effect, Exit, Layer, Logger, Redacted } from "effect"
import { evaluateFlags, Events, Flags, LocalEvaluator, PostHog } from "effect-posthog"
import { strict as assert } from "node:assert"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

// What a new user runs: flags, an event, the end.
const application = Effect.gen(function*() {
  const flags = yield* evaluateFlags({ distinctId: "ada" }).pipe(Flags.orPartial)
  yield* flags.isEnabled("new-checkout")
  yield* Events.capture({ event: "paid", distinctId: "ada", flags })
  yield* Events.flush
})

const ready = Effect.exit(LocalEvaluator.readyWithin("5 seconds"))

/** What the application logs, and what its layer fails with. */
const printed = (options: Partial<PostHog.Options>, program: Effect.Effect<unknown, unknown, PostHog.Services>) =>
  Effect.gen(function*() {
    const lines: Array<string> = []
    const recording = Logger.make<unknown, void>(({ message }) => {
      lines.push((Array.isArray(message) ? message : [message]).map(String).join(" "))
    })
    const layer = PostHog.layer({
      apiKey: Redacted.make("phc_test"),
      events: { maxRetries: 0 },
      flags: { maxRetries: 0 },
      ...options
    }).pipe(Layer.provide(FetchHttpClient.layer))
    const exit = yield* Effect.exit(Effect.provide(program, layer)).pipe(
      Effect.provide(Logger.replace(Logger.defaultLogger, recording))
    )
    return Exit.isFailure(exit) ? [...lines, Cause.pretty(exit.cause)] : lines
  })

const page = createServer((_request, response) => {
  response.writeHead(200, { "content-type": "text/html" })
  response.end("<!doctype html><title>Sign in</title>")
})

const program = Effect.gen(function*() {
  const server = yield* PostHogServer.PostHogServer
  const host = server.url
  yield* Effect.async<void>((resume) => {
    page.listen(0, "127.0.0.1", () => resume(Effect.void))
  })
  const signIn = `http://127.0.0.1:${(page.address() as AddressInfo).port}`
  const says = (
    text: string,
    options: Partial<PostHog.Options>,
    run: Effect.Effect<unknown, unknown, PostHog.Services> = application
  ) =>
    Effect.map(printed(options, run), (lines) => {
      assert.ok(lines.some((line) => line.includes(text)), `${text} is not in\n${lines.join("\n")}`)
    })

  yield* says("apiKey: is empty (to run without a key, set enabled to false)", { apiKey: Redacted.make(""), host })
  yield* says("apiKey: is a personal API key (phx_): it belongs in secretKey", { apiKey: Redacted.make("phx_a"), host })
  yield* says("apiKey: is wrapped in quotation marks: remove them", { apiKey: Redacted.make(`"phc_test"`), host })
  yield* says("host: is not an http or https URL: did you mean https://app.posthog.com?", { host: "app.posthog.com" })
  yield* says("host: is not an http or https URL, such as https://us.i.posthog.com", { host: "posthog" })
  yield* says("refused events with status 401: is apiKey the project API key (phc_…) of a project in that region?", {
    apiKey: Redacted.make("phc_other"),
    host
  })
  yield* says("The event queue has closed: 0 of 2 events were delivered; 2 dropped (Rejected)", {
    apiKey: Redacted.make("phc_other"),
    host
  })
  yield* says(`Flag definitions could not be loaded: Unauthorized (status 401), from ${host}; is secretKey a key of`, {
    secretKey: Redacted.make("phs_other"),
    host
  }, ready)
  yield* says("answered 200 with something that is not PostHog's answer", { host: signIn })
  yield* says("took no events in 1 attempt (connection_error", { host: "http://127.0.0.1:9" })
  yield* says("evaluateFlags was called without a distinct id", { host }, evaluateFlags())
  yield* server.always("flags", Fault.quotaLimited)
  yield* says("the project is over its quota for feature flags", { host })
})

await Effect.runPromise(Effect.provide(program, PostHogServer.layer()))
page.close()
