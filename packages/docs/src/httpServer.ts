import { PostHogTest } from "@effect-posthog/testkit"
import { HttpClient, HttpClientRequest, HttpRouter, HttpServer, HttpServerResponse } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { evaluateFlags, Events, Flags, RequestContext, RequestFlags } from "effect-posthog"
import { strict as assert } from "node:assert"

// #region handler
const checkout = Effect.gen(function*() {
  // No distinct id is passed: it is the one of the request.
  const flags = yield* evaluateFlags({ flagKeys: ["new-checkout"] }).pipe(Flags.orPartial)
  const page = (yield* flags.isEnabled("new-checkout")) ? "new" : "old"
  yield* Events.capture({ event: "checkout viewed", properties: { page }, flags })
  return HttpServerResponse.text(page)
})

const App = HttpRouter.empty.pipe(
  HttpRouter.get("/checkout", checkout),
  HttpServer.serve(RequestContext.middlewareWith({ metadata: true }))
)
// #endregion

const sessionOf = Effect.succeed({ userId: "linus", plan: "scale" })

// #region session
const withSession = <A, E, R>(app: Effect.Effect<A, E, R>) =>
  Effect.flatMap(
    sessionOf,
    ({ plan, userId }) => RequestContext.with(app, { distinctId: userId, properties: { plan } })
  )
// #endregion

interface Job {
  readonly userId: string
  readonly company: string
}

// #region worker
const work = (jobs: ReadonlyArray<Job>) =>
  Effect.forEach(jobs, (job) =>
    handle(job).pipe(
      RequestFlags.scoped,
      RequestContext.with({ distinctId: job.userId, groups: { company: job.company } })
    ), { concurrency: 4 })
// #endregion

const handle = (job: Job) =>
  Effect.gen(function*() {
    const flags = yield* RequestFlags.get.pipe(Flags.orPartial)
    return { job: job.userId, evaluatedFor: flags.distinctId, on: yield* flags.isEnabled("new-checkout") }
  })

const program = Effect.gen(function*() {
  const client = yield* HttpClient.HttpClient
  const ask = (distinctId: string) =>
    HttpClientRequest.get("/checkout").pipe(
      HttpClientRequest.setHeaders({ "X-POSTHOG-DISTINCT-ID": distinctId, "X-POSTHOG-SESSION-ID": `s-${distinctId}` }),
      client.execute,
      Effect.flatMap(({ text }) => text)
    )
  const pages = yield* Effect.all([
    ask("ada"),
    ask("grace"),
    Effect.flatMap(client.get("/checkout"), ({ text }) => text)
  ], {
    concurrency: 3
  })
  assert.deepStrictEqual(pages, ["new", "old", "old"])

  assert.equal((yield* withSession(RequestContext.current)).distinctId, "linus")

  const posthog = yield* PostHogTest.PostHogTest
  const ada = yield* posthog.expectEvent({ event: "checkout viewed", distinctId: "ada" })
  assert.equal(ada.properties["$session_id"], "s-ada")
  assert.equal(ada.properties["$request_path"], "/checkout")
  assert.equal(ada.properties["$feature/new-checkout"], true)
  yield* posthog.expectExposure({ flag: "new-checkout", distinctId: "grace", properties: { $session_id: "s-grace" } })
  // The visitor without headers: nothing is evaluated or reported, and the event belongs to nobody.
  const nobody = (yield* posthog.events).find(({ properties }) => properties["$process_person_profile"] === false)
  assert.equal(nobody?.event, "checkout viewed")
  assert.equal((yield* posthog.exposures).length, 2)
  assert.equal((yield* posthog.remoteRequests).length, 2)

  assert.deepStrictEqual(
    yield* work([{ userId: "ada", company: "acme" }, { userId: "linus", company: "acme" }]),
    [
      { job: "ada", evaluatedFor: "ada", on: true },
      { job: "linus", evaluatedFor: "linus", on: false }
    ]
  )
})

await Effect.runPromise(
  Effect.provide(
    program,
    App.pipe(
      Layer.provideMerge(PostHogTest.layer({ flags: { "new-checkout": ({ distinct_id }) => distinct_id === "ada" } })),
      Layer.provideMerge(NodeHttpServer.layerTest)
    )
  )
)
