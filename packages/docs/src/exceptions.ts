import { PostHogTest } from "@effect-posthog/testkit"
import { HttpClient, HttpRouter, HttpServer, HttpServerResponse } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { Cause, Data, Effect, flow, Layer } from "effect"
import { Events, RequestContext } from "effect-posthog"
import * as Exceptions from "effect-posthog/Exceptions"
import { strict as assert } from "node:assert"

class SmtpError extends Data.TaggedError("SmtpError")<{ readonly cause: unknown }> {}

const send = (to: string): Effect.Effect<void, SmtpError> =>
  Effect.fail(new SmtpError({ cause: new Error(`no route to ${to}`) }))
const template = Effect.die(new TypeError("no such template"))
const nextJob = Effect.succeed("ada")

// #region job
const sendInvoices = Effect.flatMap(nextJob, send).pipe(
  Effect.withSpan("sendInvoices"),
  Exceptions.withReporting
)
// #endregion

// #region report
const sendOrQueue = (to: string) =>
  send(to).pipe(
    Effect.catchTag("SmtpError", (error) =>
      Effect.zipRight(
        Exceptions.report(error, { level: "warning", properties: { queued: true } }),
        Events.capture({ event: "invoice queued" })
      ))
  )
// #endregion

// #region server
const App = HttpRouter.empty.pipe(
  HttpRouter.get("/invoice", Effect.as(template, HttpServerResponse.text("invoice"))),
  HttpServer.serve(flow(Exceptions.middleware, RequestContext.middleware))
)
// #endregion

// #region error
class CardDeclined extends Data.TaggedError("CardDeclined")<{ readonly plan: string }> {
  readonly [Exceptions.severity] = "Warn"
  readonly [Exceptions.attributes] = { plan: this.plan }
}

class NotFound extends Data.TaggedError("NotFound")<{ readonly id: string }> {
  readonly [Exceptions.ignore] = true
}
// #endregion

const program = Effect.gen(function*() {
  const posthog = yield* PostHogTest.PostHogTest
  const exceptions = Effect.map(
    posthog.events,
    (events) => events.filter(({ event }) => event === "$exception").map(({ properties }) => properties)
  )

  yield* Effect.exit(sendInvoices)
  yield* sendOrQueue("grace")
  yield* Effect.flatMap(HttpClient.HttpClient, (client) => Effect.scoped(client.get("/invoice")))
  const [job, queued, request] = yield* exceptions
  assert.deepEqual(job?.["effect_spans"], ["sendInvoices"])
  assert.equal(queued?.["$exception_level"], "warning")
  assert.equal(request?.["$response_status_code"], 500)

  yield* posthog.forget
  yield* Exceptions.report(
    Cause.parallel(Cause.fail(new CardDeclined({ plan: "pro" })), Cause.die(new NotFound({ id: "1" })))
  )
  const [declined, ...rest] = yield* exceptions
  assert.equal(declined?.["plan"], "pro")
  assert.deepEqual(rest, [])

  yield* posthog.forget
  yield* Effect.logError("the import stopped", Cause.fail(new Error("no such file"))).pipe(
    Effect.provide(Exceptions.layerLogger)
  )
  assert.equal((yield* exceptions).length, 1)
})

await Effect.runPromise(
  Effect.provide(
    program,
    App.pipe(Layer.provideMerge(PostHogTest.layer()), Layer.provideMerge(NodeHttpServer.layerTest))
  )
)
