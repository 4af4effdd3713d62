import Undici from "@effect/platform-node/Undici"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { evaluateFlags } from "effect-posthog"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { mixedFlags } from "../flags/mix.ts"
import { flagsResponse } from "../flags/posthog.ts"
import { openLoopback } from "../loopback/Loopback.ts"
import { compare } from "../measuring/compare.ts"
import { interleaved, named } from "../measuring/interleaved.ts"
import type { Contender, Measurement } from "../measuring/interleaved.ts"
import type { Row } from "../measuring/Row.ts"
import { httpClients, openRuntime, repeated } from "../peers/ours.ts"
import { openClient } from "../peers/posthogNode.ts"
import type { Scenario } from "./Scenario.ts"

const requestBody = JSON.stringify({
  token: "phc_bench",
  distinct_id: "user-1",
  groups: {},
  person_properties: {},
  group_properties: {},
  geoip_disable: true,
  evaluation_runtime: "server"
})

const headers = { "content-type": "application/json" }

/** A contender with what has to be closed after it. */
interface Opened extends Contender {
  readonly close?: () => Promise<void>
}

const timesOver = (call: () => Promise<unknown>) => async (times: number) => {
  for (let index = 0; index < times; index++) await call()
}

const ours = (url: string, http: keyof typeof httpClients): Opened => {
  const runtime = openRuntime(url, {}, http)
  return {
    name: `ours over ${http}`,
    run: (times) => runtime.runPromise(repeated(times, () => evaluateFlags({ distinctId: "user-1" }))),
    close: () => runtime.dispose()
  }
}

/** The least that a program pays which uses one of the platform's clients. */
const platform = (url: string, http: keyof typeof httpClients): Opened => {
  const runtime = ManagedRuntime.make(httpClients[http])
  const request = HttpClientRequest.post(`${url}/flags/?v=2`)
  const call = Effect.flatMap(HttpClient.HttpClient, (client) =>
    Effect.flatMap(
      client.execute(HttpClientRequest.bodyText(request, requestBody, "application/json")),
      ({ text }) => Effect.map(text, (json): unknown => JSON.parse(json))
    ))
  return {
    name: `platform's ${http}`,
    run: (times) => runtime.runPromise(repeated(times, () => call)),
    close: () => runtime.dispose()
  }
}

const contenders = (url: string): ReadonlyArray<Opened> => {
  const client = openClient(url)
  const agent = new Undici.Agent()
  return [
    ours(url, "undici"),
    ours(url, "fetch"),
    {
      name: "posthog-node",
      run: timesOver(() => client.evaluateFlags("user-1")),
      close: () => client.shutdown()
    },
    platform(url, "undici"),
    platform(url, "fetch"),
    {
      name: "bare undici",
      run: timesOver(async () => {
        const { body } = await agent.request({
          origin: url,
          path: "/flags/?v=2",
          method: "POST",
          headers,
          body: requestBody
        })
        JSON.parse(await body.text())
      }),
      close: () => agent.close()
    },
    {
      name: "bare fetch",
      run: timesOver(async () => {
        const response = await fetch(`${url}/flags/?v=2`, { method: "POST", headers, body: requestBody })
        JSON.parse(await response.text())
      })
    }
  ]
}

const byProcessorTime = (
  measurements: ReadonlyArray<Measurement>,
  { anchor, ours, row, target }: {
    readonly row: string
    readonly ours: string
    readonly anchor: string
    readonly target?: number | undefined
  }
): Row => {
  const mine = named(measurements, ours)
  const theirs = named(measurements, anchor)
  const others = measurements.filter((measurement) => measurement !== mine && measurement !== theirs)
  return {
    row,
    unit: "µs",
    ours: mine.cpuMicros,
    anchor: theirs.cpuMicros,
    anchorName: anchor,
    ratio: theirs.cpuMicros / mine.cpuMicros,
    target,
    cpuRatio: theirs.leastCpuMicros / mine.leastCpuMicros,
    others: Object.fromEntries(others.map(({ cpuMicros, name }) => [name, cpuMicros]))
  }
}

/** What we may take beside the platform's client: 15 % of it. */
const besidePlatform = 1 / 1.15

/** Asking the server, one call after the other, over loopback: latency, and processor time of the client. */
export const remote: Scenario = async ({ effort, mode }) => {
  const rows: Array<Row> = []
  for (const count of mode === "full" ? [1, 10, 100, 500] : [10]) {
    const loopback = await openLoopback({ definitions: {}, flags: flagsResponse(mixedFlags(count)) })
    const all = contenders(loopback.url)
    const measurements = await interleaved(all, {
      ...effort,
      // Each call runs more code than others do, and waits in between.
      warmUpMillis: mode === "full" ? 3000 : 1000
    })
    for (const { close } of all) await close?.()
    loopback.close()

    const wanted = count <= 100
    const comparisons = [
      { http: "undici", anchor: "posthog-node", target: wanted ? 1 : undefined },
      { http: "fetch", anchor: "platform's fetch", target: wanted ? besidePlatform : undefined },
      { http: "fetch", anchor: "posthog-node", target: undefined }
    ]
    for (const { anchor, http, target } of comparisons) {
      const row = `remote over ${http} against ${anchor}, ${count} ${count === 1 ? "flag" : "flags"}`
      const comparison = { ours: `ours over ${http}`, anchor, target }
      rows.push(
        compare(measurements, { ...comparison, row: `${row}, latency` }),
        byProcessorTime(measurements, { ...comparison, row: `${row}, processor time` })
      )
    }
  }
  return { rows }
}
