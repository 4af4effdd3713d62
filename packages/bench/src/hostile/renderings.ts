import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { Decider, evaluateFlags, EventQueue, Events, LocalEvaluator, PostHogConfig } from "effect-posthog"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import { inspect } from "node:util"
import { Tally } from "./Attack.ts"
import type { Attack } from "./Attack.ts"
import { clientLayer, projectKey, secretKey, Shown } from "./observed.ts"

const identity = {
  distinctId: "needle-person",
  deviceId: "needle-device",
  personProperties: { "email": "needle-property@example.com" },
  groups: { company: "needle-group" },
  groupProperties: { company: { plan: "needle-group-property" } }
}

const needles = [projectKey, secretKey, "needle-"]

type Request = HttpClientRequest.HttpClientRequest

type Answer = Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>

const bodyOf = (request: Request): string =>
  request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""

/** All that is in a request, in one text. */
const told = (request: Request): string =>
  `${request.method} ${request.url} ${JSON.stringify(request.headers)} ${bodyOf(request)}`

const web = (request: Request, body: BodyInit, init: ResponseInit = {}): Answer =>
  Effect.succeed(HttpClientResponse.fromWeb(request, new Response(body, init)))

const failing = (request: Request): Error => Object.assign(new Error(told(request)), { code: "ECONNRESET", request })

const breaking = (request: Request): ReadableStream =>
  new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode("{\"flags\":")),
    pull: (controller) => controller.error(failing(request))
  })

type Clients = Readonly<Record<string, (request: Request) => Answer>>

/** How the application's own client fails with what it was given. */
const failures: Clients = {
  "an error with the request": (request) =>
    Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause: failing(request) })),
  "an error that describes the request": (request) =>
    Effect.fail(
      new HttpClientError.RequestError({ request, reason: "Encode", description: told(request), cause: told(request) })
    ),
  "a defect that holds the request": (request) => Effect.die(failing(request)),
  "a defect that is the request": (request) => Effect.die(request),
  "a client that throws": (request) => {
    throw failing(request)
  },
  "a refused status": (request) =>
    Effect.fail(
      new HttpClientError.ResponseError({
        request,
        response: HttpClientResponse.fromWeb(request, new Response(told(request), { status: 500 })),
        reason: "StatusCode",
        description: told(request)
      })
    )
}

/** How a server or a proxy gives back what it was given. */
const echoes: Clients = {
  "an echo with status 200": (request) => web(request, told(request)),
  "an echo with status 400": (request) => web(request, JSON.stringify({ detail: told(request) }), { status: 400 }),
  "an echo with status 401": (request) => web(request, told(request), { status: 401 }),
  "an echo with status 503": (request) => web(request, told(request), { status: 503 }),
  "an echo as JSON": (request) =>
    web(request, JSON.stringify({ flags: { echo: told(request) }, status: told(request), results: told(request) })),
  "a body that breaks": (request) => web(request, breaking(request)),
  "silence": () => Effect.never
}

const attempt = (form: () => unknown): string => {
  try {
    return String(form())
  } catch (error) {
    return `not rendered: ${error instanceof Error ? error.name : typeof error}`
  }
}

/** Every way in which a value ends up in a log or on a screen. */
const forms: ReadonlyArray<(value: unknown) => unknown> = [
  String,
  (value) => JSON.stringify(value),
  (value) => JSON.stringify({ nested: [value] }),
  (value) => inspect(value),
  (value) => inspect(value, { depth: 8, showHidden: true, getters: false }),
  (value) => inspect({ nested: value }, { depth: 8 }),
  (value) => Inspectable.toStringUnknown(value),
  (value) => JSON.stringify(Inspectable.toJSON(value)),
  (value) => Cause.pretty(Cause.fail(value), { renderErrorCause: true }),
  (value) => Cause.pretty(Cause.die(value), { renderErrorCause: true }),
  (value) => JSON.stringify(Cause.fail(value)),
  (value) => value instanceof Error ? `${value.stack}${value.message}${value.name}` : ""
]

const program = Effect.gen(function*() {
  const queue = yield* EventQueue
  const evaluator = yield* LocalEvaluator
  const values: Array<unknown> = [yield* PostHogConfig, queue, evaluator]
  const evaluated = yield* Effect.exit(evaluateFlags(identity))
  values.push(evaluated)
  if (evaluated._tag === "Failure") values.push(evaluated.cause, ...Cause.failures(evaluated.cause))
  else values.push(evaluated.value)
  values.push(yield* Effect.exit(Effect.flatMap(Decider, (decider) => decider.decide(identity))))
  yield* Events.capture({ event: "paid", ...identity, properties: identity.personProperties })
  yield* Events.captureWithFlags({ event: "paid", ...identity })
  yield* Events.captureAi({ event: "$ai_generation", ...identity, properties: identity.personProperties })
  yield* Events.identify({ distinctId: identity.distinctId, set: identity.personProperties })
  yield* Events.groupIdentify({ groupType: "company", groupKey: "needle-group" })
  yield* queue.flush
  values.push(yield* Effect.exit(evaluator.reload), yield* evaluator.status, yield* queue.counts)
  return values
})

// Between a request and its answer the event loop turns, as it does over a network.
const later = (answer: () => Answer): Answer =>
  Effect.zipRight(
    Effect.async<void>((resume) => void setImmediate(() => resume(Effect.void))),
    Effect.suspend(answer)
  )

const unusable = (apiKey: string, secret: string) =>
  Effect.exit(
    Effect.provide(
      PostHogConfig,
      PostHogConfig.layer({ apiKey: Redacted.make(apiKey), secretKey: Redacted.make(secret) })
    )
  )

const searching = (kind: Attack["kind"], name: string, clients: Clients): Attack => ({
  kind,
  name,
  run: async (meter, short) => {
    const tally = new Tally()
    const wanted = short ? 3000 : 50_000
    let rendered = 0
    const search = (text: string, what: string) => {
      rendered += 1
      const found = needles.find((needle) => text.includes(needle))
      if (found !== undefined) {
        tally.fail("form with a secret", `${what}: ${text.slice(Math.max(0, text.indexOf(found) - 80))}`)
      }
    }
    const render = (value: unknown, what: string) => {
      for (const form of forms) search(attempt(() => form(value)), what)
    }
    for (const keys of [[secretKey, projectKey], [projectKey, projectKey], [`"${projectKey}"`, ` ${secretKey}\n`]]) {
      render(await Effect.runPromise(unusable(keys[0] ?? "", keys[1] ?? "")), "unusable keys")
    }
    while (rendered < wanted) {
      for (const [name, answer] of Object.entries(clients)) {
        for (const protocol of ["v0", "v1"] as const) {
          const shown = new Shown()
          const client = Layer.succeed(
            HttpClient.HttpClient,
            HttpClient.make((request) => later(() => answer(request)))
          )
          const layer = clientLayer({
            secretKey: Redacted.make(secretKey),
            flags: { requestTimeout: "30 millis" },
            definitions: { requestTimeout: "30 millis" },
            events: { protocol, requestTimeout: "30 millis", shutdownTimeout: "100 millis" }
          }, client)
          // The client is started before, and what it shows is rendered afterwards.
          const values = await shown.run(
            Effect.scoped(
              Effect.flatMap(
                Layer.build(layer),
                (client) =>
                  Effect.promise(() =>
                    meter.measure(name, () => shown.run(Effect.exit(Effect.provide(program, client))), { times: 1 })
                  )
              )
            )
          )
          if (values._tag === "Failure") tally.fail("the program died", `${name}: ${Cause.pretty(values.cause)}`)
          else for (const value of values.value) render(value, name)
          for (const line of shown.lines) search(line, `${name}, a log line`)
          for (const span of shown.spans) {
            render({ name: span.name, attributes: [...span.attributes], span }, `${name}, a span`)
          }
        }
      }
      render(await Effect.runPromise(Metric.snapshot), "metrics")
    }
    const found = tally.outcomes["form with a secret"] ?? 0
    tally.outcomes["form without a secret"] = rendered - found
    return tally
  }
})

export const echoed = searching(
  "D4",
  "rendered forms searched for both keys, ids and property values, when a server or a proxy echoes the request",
  echoes
)

export const clientFailures = searching(
  "D11",
  "the same when the application's own client fails with the request, or dies",
  failures
)
