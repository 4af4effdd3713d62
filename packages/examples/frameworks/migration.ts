import { PostHogServer } from "@effect-posthog/testkit"
import { FetchHttpClient, HttpServer } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer, Redacted } from "effect"
import { PostHog } from "effect-posthog"
import type { Express } from "express"
import { strict as assert } from "node:assert"
import { readFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import * as before from "./migration/before.ts"
import * as effect from "./migration/effect.ts"
import * as promises from "./migration/promises.ts"

type Start = (host: string) => Promise<{ readonly url: string; readonly close: () => Promise<unknown> }>

const onExpress = (make: (host: string) => { app: Express; close: () => Promise<unknown> }): Start => async (host) => {
  const { app, close } = make(host)
  const server = app.listen(0, "127.0.0.1")
  await new Promise((resolve) => server.once("listening", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      await close()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

const onEffect: Start = async (host) => {
  const { promise: url, resolve } = withResolvers<string>()
  const stop = new AbortController()
  const layer = Layer.effectDiscard(HttpServer.addressFormattedWith((address) => Effect.sync(() => resolve(address))))
    .pipe(
      Layer.provideMerge(HttpServer.serve(effect.app)),
      Layer.provide(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
      Layer.provide(PostHog.layer({ apiKey: Redacted.make("phc_test"), host, events: { maxRetries: 0 } })),
      Layer.provide(FetchHttpClient.layer)
    )
  const running = Effect.runPromiseExit(Layer.launch(layer), { signal: stop.signal })
  return {
    url: await url,
    close: () => {
      stop.abort()
      return running
    }
  }
}

const withResolvers = <A>() => {
  let resolve: (value: A) => void = () => {}
  const promise = new Promise<A>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

const visits: ReadonlyArray<readonly [method: string, path: string, user: string, body?: object]> = [
  ["POST", "/login", "ada", { plan: "scale", email: "ada@example.com" }],
  ["POST", "/company", "ada", { seats: 12 }],
  ["GET", "/pricing", "ada"],
  ["GET", "/pricing", "grace"],
  ["GET", "/features", "grace"],
  ["POST", "/checkout", "ada", {}],
  ["POST", "/checkout", "grace", {}],
  ["POST", "/export", "ada", { rows: 7 }],
  ["POST", "/export", "grace", { rows: 7 }],
  ["GET", "/search?q=lamp", "ada"],
  ["GET", "/search?q=lamp", "grace"],
  ["GET", "/banner", "ada"],
  ["GET", "/banner", "grace"],
  ["GET", "/limits?seats=20", "ada"],
  ["POST", "/webhooks/payment", "ada", {
    user: "ada",
    id: "0199a5f0-0000-7000-8000-000000000001",
    amount: 42,
    paidAt: "2026-02-03T04:05:06+05:30"
  }],
  ["POST", "/unsubscribe", "grace", {}],
  ["GET", "/broken", "ada"]
]

const forScale = (key: string) => ({
  key,
  active: true,
  filters: {
    payloads: { true: JSON.stringify({ text: `about ${key}` }) },
    groups: [{
      properties: [{ key: "plan", type: "person", operator: "exact", value: "scale" }],
      rollout_percentage: 100
    }]
  }
})

const kept =
  /^(total|variant|ranking|facets|synonyms|amount|currency|\$unset|\$geoip_disable|rows|route|alias|\$set|\$set_once|\$groups|\$group_.*|\$feature\/.*|\$feature_flag|\$feature_flag_response|\$active_feature_flags)$/

/** What the visitors got and what PostHog got, whichever library sent it. */
const observe = (start: Start) =>
  Effect.gen(function*() {
    const server = yield* PostHogServer.PostHogServer
    const answers = yield* Effect.promise(async () => {
      const { close, url } = await start(server.url)
      const answers: Array<unknown> = []
      for (const [method, path, user, body] of visits) {
        const response = await fetch(`${url}${path}`, {
          method,
          headers: { "content-type": "application/json", "x-user": user, "x-company": "acme" },
          ...(body === undefined ? {} : { body: JSON.stringify(body) })
        })
        answers.push([path, user, response.status, JSON.parse(await response.text() || "null")])
      }
      await close()
      return answers
    })
    const events = (yield* server.events).map(({ distinct_id, event, properties, timestamp, uuid }) =>
      JSON.stringify([
        event,
        distinct_id,
        event === "payment received" ? [uuid, Date.parse(timestamp ?? "")] : [],
        Object.entries(properties).filter(([name]) => kept.test(name)).sort(([a], [b]) => a < b ? -1 : 1)
      ])
    )
    return { answers, events: events.sort(), requests: (yield* server.flagRequests).length }
  }).pipe(Effect.provide(PostHogServer.layer({
    definitions: { flags: ["new-checkout", "export", "facets", "banner"].map(forScale) },
    persons: { ada: { plan: "scale" }, grace: { plan: "free" } },
    remoteFlags: {
      pricing: { value: "annual", payload: { discount: 10 } },
      ranking: { value: "by-sales", payload: null },
      synonyms: true,
      "seat-limit": { value: true, payload: 25 }
    }
  })))

const old = await Effect.runPromise(observe(onExpress(before.make)))
for (const [name, start] of [["promises", onExpress(promises.make)], ["effect", onEffect]] as const) {
  const migrated = await Effect.runPromise(observe(start))
  assert.deepEqual(migrated.answers, old.answers, name)
  assert.deepEqual(migrated.events, old.events, name)
  assert.ok(migrated.requests <= old.requests, `${name}: ${migrated.requests} requests instead of ${old.requests}`)
  const lines = (file: string) =>
    readFileSync(new URL(`migration/${file}.ts`, import.meta.url), "utf8").split("\n").length
  console.log(
    `${name}: ${migrated.answers.length} answers and ${migrated.events.length} events as before; ` +
      `${migrated.requests} requests for flags instead of ${old.requests}; ${lines(name)} lines instead of ${
        lines("before")
      }`
  )
}
