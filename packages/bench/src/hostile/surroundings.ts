import { PostHogServer } from "@effect-posthog/testkit"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { LocalEvaluator, RequestContext } from "effect-posthog"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { request } from "node:http"
import { gzipSync } from "node:zlib"
import { Tally } from "./Attack.ts"
import type { Attack } from "./Attack.ts"
import { clientLayer, secretKey, Shown } from "./observed.ts"

/** Whether requests to a host can be read on their way. */
const hosts: ReadonlyArray<readonly [host: string, warns: boolean]> = [
  ["http://192.0.2.7:8000", true],
  ["http://localhost.evil.example", true],
  ["http://127.0.0.1.evil.example", true],
  ["http://127.0.0.1:9", false],
  ["http://localhost:9", false],
  ["http://[::1]:9", false],
  ["https://192.0.2.7", false]
]

export const unencrypted: Attack = {
  kind: "D9",
  name: "a secret key for hosts of this machine and of others, with and without encryption",
  run: async (meter) => {
    const tally = new Tally()
    for (const [host, warns] of hosts) {
      const shown = new Shown()
      await meter.measure(host, () =>
        shown.run(
          Effect.provide(
            Effect.flatMap(LocalEvaluator, ({ status }) => status),
            clientLayer({
              host,
              secretKey: Redacted.make(secretKey),
              definitions: { requestTimeout: "50 millis" }
            })
          )
        ), { times: 1, repeats: false })
      const warnings = shown.messages.filter((message) => message.includes("unencrypted")).length
      if (warnings === (warns ? 1 : 0)) tally.count(warns ? "one warning" : "no warning")
      else tally.fail("wrong warnings", `${host}: ${warnings}`)
    }
    return tally
  }
}

interface Raw {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
}

const ask = (url: string, { body, headers, method, path }: Raw): Promise<number> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url)
    const sent = request({ hostname, port, path, method: method ?? "POST", headers }, (response) => {
      response.resume()
      response.once("end", () => resolve(response.statusCode ?? 0))
      response.once("error", () => resolve(0))
    })
    sent.once("error", () => resolve(0))
    sent.end(body)
  })

const json = { "content-type": "application/json" }

const bomb = (megabytes: number) => gzipSync(Buffer.alloc(megabytes * 1024 * 1024, " "))

const rawRequests = (megabytes: number): ReadonlyArray<Raw> => [
  ...Array.from({ length: 12 }, () => ({
    path: "/batch/",
    headers: { ...json, "content-encoding": "gzip" },
    body: bomb(megabytes)
  })),
  { path: "/flags?v=2", headers: json, body: "[".repeat(1_000_000) },
  { path: "/flags?v=2", headers: json, body: "{\"__proto__\":{\"a\":1}}" },
  { path: "/%ff%00", headers: json, body: "{}" },
  { path: "//evil.example/flags", headers: json, body: "{}" },
  { path: "/flags/definitions?token=%00", method: "GET" },
  { path: "/batch/", headers: { ...json, host: "evil.example" }, body: "{\"api_key\":\"phc_test\",\"batch\":[]}" },
  {
    path: "/batch/",
    headers: { ...json, origin: "http://evil.example" },
    body: "{\"api_key\":\"phc_test\",\"batch\":[]}"
  },
  { path: "/batch/", headers: { "content-type": "text/plain" }, body: "{\"api_key\":\"phc_test\",\"batch\":[]}" },
  { path: "/batch/", headers: { ...json, "content-encoding": "unknown" }, body: "{}" },
  { path: "/batch/", headers: json, body: "null" },
  { path: "/batch/", headers: json, body: "{\"api_key\":\"phc_test\",\"batch\":[null,1,{}]}" }
]

export const embeddedServer: Attack = {
  kind: "D10",
  name: "bombs, foreign hosts and origins, and unusable URLs and bodies at the test kit's server",
  run: (meter, short) =>
    Effect.runPromise(
      Effect.gen(function*() {
        const tally = new Tally()
        const { url } = yield* PostHogServer.PostHogServer
        for (const [index, raw] of rawRequests(short ? 50 : 300).entries()) {
          const status = yield* Effect.promise(() =>
            meter.measure(`request ${index} to ${raw.path}`, () => ask(url, raw), {
              times: 1,
              engine: { "JSON.parse": () => JSON.parse(String(raw.body)) as unknown }
            })
          )
          if (status >= 500 || status === 0) {
            tally.fail(`status ${status}`, `${raw.path} ${JSON.stringify(raw.headers)}`)
          } else tally.count(`status ${status}`)
        }
        if (meter.memory > 600) tally.fail("memory", `${meter.memory.toFixed(0)} MiB`)
        return tally
      }).pipe(Effect.provide([PostHogServer.PostHogServer.layer(), NodeHttpServer.layerContext]))
    )
}

const contextOf = (path: string, headers: Readonly<Record<string, string>>) => {
  const web = new Request("http://shop.example/", { headers: { host: "shop.example", ...headers } })
  const incoming = HttpServerRequest.fromWeb(web).modify({ url: path })
  let seen: RequestContext.RequestContext = {}
  const handler = Effect.map(RequestContext.current, (context) => {
    seen = context
    return HttpServerResponse.empty()
  })
  return Effect.as(
    RequestContext.middlewareWith({ metadata: true })(handler).pipe(
      Effect.provideService(HttpServerRequest.HttpServerRequest, incoming)
    ),
    undefined
  ).pipe(Effect.map(() => seen))
}

export const headers: Attack = {
  kind: "D12",
  name: "identity headers that are sent twice or are hostile, and paths that look like other hosts",
  run: async (meter) => {
    const tally = new Tally()
    const path = async (text: string) => {
      const context = await meter.measure(text, () => Effect.runPromise(contextOf(text, {})), { times: 1 })
      const { $current_url: url } = { ...context.properties } as { readonly $current_url?: unknown }
      if (url === undefined || new URL(String(url)).hostname !== "evil.example") tally.count("its own host")
      else tally.fail("the URL of another host", String(url))
    }
    for (const text of ["//evil.example/x", "/\\evil.example", "///evil.example", "/x", "http://evil.example/x"]) {
      await path(text)
    }
    const ids = [["a", "b"], "a, b", "a\nb", "x".repeat(1_000_000), "\u001b[31m", " ", "\u202e"]
    for (const id of ids) {
      const { distinctId } = RequestContext.fromHeaders({ "x-posthog-distinct-id": id })
      const isSound = distinctId === undefined ||
        (distinctId.length <= 1000 && !/[\p{Cc}]/u.test(distinctId) && !distinctId.includes(","))
      if (isSound) tally.count(distinctId === undefined ? "no id" : "one id")
      else tally.fail("an unusable id", JSON.stringify(distinctId.slice(0, 40)))
    }
    return tally
  }
}
