// What the spool costs, beside the queue that keeps events in memory. Prints its report as JSON.
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Events, PostHog } from "effect-posthog"
import * as EventSpool from "effect-posthog/EventSpool"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { closeSync, mkdtempSync, openSync, rmSync, write, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openLoopback } from "../loopback/Loopback.ts"
import type { Contender } from "../measuring/interleaved.ts"
import { interleaved, named } from "../measuring/interleaved.ts"
import type { CostsReport } from "./CostsReport.ts"

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

/**
 * Captures so many events, so many at a time in fibers of their own, as the requests of a server do, and does something
 * after each time.
 */
const captureAll = (count: number, together: number, after: Effect.Effect<void> = Effect.void) =>
  Effect.gen(function*() {
    for (let from = 0; from < count; from += together) {
      yield* Effect.forEach(
        Array.from({ length: together }, (_, index) => from + index),
        (index) => Events.capture(eventAt(index)),
        { concurrency: "unbounded", discard: true }
      )
      yield* after
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

const file = openSync(join(folder, "bare"), "w")
const line = Buffer.from(JSON.stringify({ ...eventAt(0), timestamp: new Date(0).toISOString(), uuid: "-".repeat(36) }))

/** Appends as many bytes as so many events take. */
const bareWrite = (together: number) => {
  const lines = Buffer.concat(Array.from({ length: together }, () => line))
  return {
    write: Effect.async<void>((resume) => write(file, lines, 0, lines.length, null, () => resume(Effect.void))),
    writeSync: Effect.sync(() => void writeSync(file, lines, 0, lines.length, null))
  }
}

const kinds = ["memory", "write", "writeSync", "process", "machine"] as const
type Kind = (typeof kinds)[number]

const spoolOf = (kind: Kind, name: string): EventSpool.SpoolOptions | undefined =>
  kind === "process" || kind === "machine"
    ? { directory: join(folder, `${kind}-${name}`), durability: kind }
    : undefined

const delivering = kinds.map((kind) => [kind, client(100, spoolOf(kind, "delivering"))] as const)
const offering = kinds.map((kind) => [kind, client(1_000_000, spoolOf(kind, "offering"))] as const)

const effort = { rounds: 7, roundMillis: 250, warmUpMillis: 1000 }

// A lone event that waits for the disk takes milliseconds.
const countOf = (kind: Kind, together: number): number => kind === "machine" && together === 1 ? 500 : 3000

const capturing = (kind: Kind, count: number, together: number) =>
  captureAll(count, together, kind === "write" || kind === "writeSync" ? bareWrite(together)[kind] : Effect.void)

const toServer = (together: number): ReadonlyArray<Contender> =>
  delivering.map(([name, runtime]) => ({
    name,
    count: countOf(name, together),
    prepare: async () => void (await loopback.received()),
    run: (count) => runtime.runPromise(Effect.zipRight(capturing(name, count, together), Events.flush))
  }))
const toAnswer = (together: number): ReadonlyArray<Contender> =>
  offering.map(([name, runtime]) => ({
    name,
    count: countOf(name, together),
    prepare: () => runtime.runPromise(Events.flush),
    run: (count) => runtime.runPromise(capturing(name, count, together))
  }))

const works = [["to the server's answer", toServer], ["to its own answer", toAnswer]] as const

const report: Array<CostsReport[number]> = []
for (const [work, contenders] of works) {
  for (const together of [100, 10, 1]) {
    const measured = await interleaved(contenders(together), effort)
    report.push({
      work: `from capture ${work}`,
      together,
      micros: Object.fromEntries(kinds.map((kind) => [kind, named(measured, kind).cpuMicros])) as Record<Kind, number>
    })
  }
}

for (const [, runtime] of [...delivering, ...offering]) await runtime.dispose()
loopback.close()
closeSync(file)
rmSync(folder, { recursive: true })
console.log(JSON.stringify(report))
