// What the spool costs, beside the queue that keeps events in memory. Prints its report as JSON.
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Events, PostHog } from "effect-posthog"
import * as EventSpool from "effect-posthog/EventSpool"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openLoopback } from "../loopback/Loopback.ts"
import { interleaved, named } from "../measuring/interleaved.ts"
import type { CostsReport } from "./CostsReport.ts"

const count = 5000
const padding = "x".repeat(250)

const eventAt = (index: number) => ({
  event: "invoice paid",
  distinctId: `account-${(index * 7919) % 5000}`,
  properties: {
    amount: ((index * 37) % 1000) / 10,
    currency: "EUR",
    path: `/invoices/${index}`,
    trial: index % 2 === 0,
    "$feature/new-editor": true,
    $active_feature_flags: ["new-editor", "pricing-test"],
    padding
  }
})

/** Captures all, so many at a time in fibers of their own, as the requests of a server do. */
const captureAll = (together: number) =>
  Effect.gen(function*() {
    for (let from = 0; from < count; from += together) {
      yield* Effect.forEach(
        Array.from({ length: together }, (_, index) => from + index),
        (index) => Events.capture(eventAt(index)),
        { concurrency: "unbounded", discard: true }
      )
    }
  })

const loopback = await openLoopback({ definitions: {}, flags: {} })
const folder = mkdtempSync(join(tmpdir(), "durability-"))

const client = (flushAt: number, spool?: EventSpool.SpoolOptions) => {
  const live = PostHog.layer({
    apiKey: Redacted.make("phc_bench"),
    host: loopback.url,
    events: { flushAt, queueSize: 1_000_000, flushInterval: "1 hour" }
  }).pipe(Layer.provide(NodeHttpClient.layerUndici))
  return ManagedRuntime.make(
    spool === undefined
      ? live
      : Layer.provide(live, Layer.provide(EventSpool.layer(spool), NodeFileSystem.layer))
  )
}

const kinds = ["memory", "process", "machine"] as const
type Kind = (typeof kinds)[number]

const spoolOf = (kind: Kind, name: string): EventSpool.SpoolOptions | undefined =>
  kind === "memory" ? undefined : { directory: join(folder, `${kind}-${name}`), durability: kind }

const delivering = kinds.map((kind) => [kind, client(100, spoolOf(kind, "delivering"))] as const)
const offering = kinds.map((kind) => [kind, client(1_000_000, spoolOf(kind, "offering"))] as const)

const effort = { rounds: 9, roundMillis: 250, warmUpMillis: 1500 }
const toServer = (together: number) =>
  interleaved(
    delivering.map(([name, runtime]) => ({
      name,
      count,
      prepare: async () => void (await loopback.received()),
      run: () => runtime.runPromise(Effect.zipRight(captureAll(together), Events.flush))
    })),
    effort
  )
const toAnswer = (together: number) =>
  interleaved(
    offering.map(([name, runtime]) => ({
      name,
      count,
      prepare: () => runtime.runPromise(Events.flush),
      run: () => runtime.runPromise(captureAll(together))
    })),
    effort
  )

const report: Array<CostsReport[number]> = []
const add = async (work: string, measuring: ReturnType<typeof toServer>) => {
  const measured = await measuring
  report.push({
    work,
    micros: Object.fromEntries(kinds.map((kind) => [kind, named(measured, kind).cpuMicros])) as Record<Kind, number>
  })
}
await add("capture to the server's answer, 100 at a time", toServer(100))
await add("capture to the server's answer, 10 at a time", toServer(10))
await add("capture to its own answer, 100 at a time", toAnswer(100))
await add("capture to its own answer, one at a time", toAnswer(1))

for (const [, runtime] of [...delivering, ...offering]) await runtime.dispose()
loopback.close()
rmSync(folder, { recursive: true })
console.log(JSON.stringify(report))
