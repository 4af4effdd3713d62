import { FetchHttpClient, HttpRouter, HttpServer, HttpServerResponse } from "@effect/platform"
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Effect, Layer, Option, Redacted } from "effect"
import { evaluateFlags, EventQueue, Events, Flags, PostHog } from "effect-posthog"
import type { EventCounts } from "effect-posthog"
import { writeSync } from "node:fs"
import { createServer } from "node:http"
import { layerNodeServer } from "./nodeServer.ts"

/** Which layer for the server, and how it and the client's layer are put together: what is built first closes last. */
export type Composition = `${"graceful" | "plain"}, ${"client first" | "server first" | "side by side"}`

/** What the process prints when it ends. */
export interface Account {
  /** Ids of the requests that Node.js accepted, whether the application saw them or not. */
  readonly accepted: ReadonlyArray<string>
  /** Ids of the requests whose event was captured, and of those whose event was refused. */
  readonly captured: ReadonlyArray<string>
  readonly refused: ReadonlyArray<string>
  readonly counts: EventCounts
}

const accepted: Array<string> = []
const captured: Array<string> = []
const refused: Array<string> = []

const App = HttpRouter.empty.pipe(
  HttpRouter.get(
    "/checkout/:id",
    Effect.gen(function*() {
      const { id = "" } = yield* HttpRouter.params
      const flags = yield* evaluateFlags({ distinctId: id }).pipe(Flags.orPartial)
      const page = (yield* flags.isEnabled("new-checkout")) ? "new" : "old"
      yield* Effect.sleep("50 millis")
      const event = yield* Events.capture({ event: "checkout viewed", distinctId: id, flags })
      ;(Option.isSome(event) ? captured : refused).push(id)
      return HttpServerResponse.text(page)
    })
  ),
  HttpRouter.get("/never", Effect.never)
)

const [composition = "", host = ""] = process.argv.slice(2)
const [server, order] = composition.split(", ")

const PostHogLive = PostHog.layer({
  apiKey: Redacted.make("phc_test"),
  host,
  events: { shutdownTimeout: "5 seconds" }
}).pipe(Layer.provide(FetchHttpClient.layer))

const address = { port: 0, host: "127.0.0.1" }

const makeServer = () =>
  createServer().on("request", ({ url = "" }) => {
    accepted.push(url.split("/").at(-1) ?? "")
  })

const NodeServerLive = server === "plain"
  ? NodeHttpServer.layer(makeServer, address)
  : layerNodeServer(makeServer, { ...address, shutdownTimeout: "5 seconds" })

const account = Layer.effectDiscard(Effect.map(EventQueue, (queue) => {
  process.once("exit", () => {
    const account: Account = { accepted, captured, refused, counts: Effect.runSync(queue.counts) }
    writeSync(1, `${JSON.stringify(account)}\n`)
  })
}))

const served = Layer.mergeAll(
  HttpServer.serve(App),
  account,
  Layer.effectDiscard(HttpServer.addressFormattedWith((url) => Effect.sync(() => writeSync(1, `${url}\n`))))
)

const main = order === "client first"
  ? served.pipe(Layer.provide(NodeServerLive), Layer.provide(PostHogLive))
  : order === "server first"
  ? served.pipe(Layer.provide(PostHogLive), Layer.provide(NodeServerLive))
  : served.pipe(Layer.provide(Layer.merge(NodeServerLive, PostHogLive)))

NodeRuntime.runMain(Layer.launch(main))
