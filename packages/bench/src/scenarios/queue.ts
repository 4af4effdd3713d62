import { EventQueue, Events, EventTransport, PostHogConfig } from "effect-posthog"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { setImmediate } from "node:timers/promises"
import { openLoopback } from "../loopback/Loopback.ts"
import { compare } from "../measuring/compare.ts"
import { interleaved } from "../measuring/interleaved.ts"
import type { Row } from "../measuring/Row.ts"
import { openRuntime, repeated } from "../peers/ours.ts"
import { openClient } from "../peers/posthogNode.ts"
import type { Scenario, Setting } from "./Scenario.ts"

// Events wait in the queue until somebody flushes.
const never = { flushAt: 1_000_000, queueSize: 1_000_000, flushInterval: "1 hour" } as const

const eventAt = (index: number) => ({
  event: "invoice paid",
  distinctId: `account-${(index * 7919) % 5000}`,
  properties: {
    amount: ((index * 37) % 1000) / 10,
    currency: "EUR",
    plan: ["free", "pro", "scale"][index % 3],
    path: `/invoices/${index}`,
    items: index % 7,
    trial: index % 2 === 0,
    "$feature/new-editor": true,
    "$feature/pricing-test": "annual-first",
    $active_feature_flags: ["new-editor", "pricing-test"]
  }
})

/** What the queue itself costs: taking an event, and giving up a batch of few or of many. */
export const queue: Scenario = async (setting) => ({ rows: [await taking(setting), await giving(setting)] })

const taking = async ({ effort, mode }: Setting): Promise<Row> => {
  const count = mode === "full" ? 10_000 : 2000
  const messages = Array.from({ length: count }, (_, index) => eventAt(index))
  const messageAt = (index: number) => messages[index % count] ?? eventAt(index)
  const loopback = await openLoopback({ definitions: {}, flags: {} })
  const runtime = openRuntime(loopback.url, { events: never })
  const client = openClient(loopback.url, {
    flushAt: never.flushAt,
    maxQueueSize: never.queueSize,
    flushInterval: 3_600_000
  })
  const measured = await interleaved([
    {
      name: "effect-posthog",
      count,
      prepare: async () => {
        await runtime.runPromise(Events.flush)
        await loopback.received()
      },
      run: async () => {
        await runtime.runPromise(repeated(count, (index) => Events.capture(messageAt(index))))
        await setImmediate()
      }
    },
    {
      name: "posthog-node",
      count,
      prepare: async () => {
        await client.flush()
        await loopback.received()
      },
      run: async () => {
        for (let index = 0; index < count; index++) client.capture(messageAt(index))
        // It queues events behind promises: let them settle.
        await setImmediate()
      }
    }
  ], effort)
  await runtime.dispose()
  await client.shutdown()
  loopback.close()
  return compare(measured, {
    row: "capture of an event that waits in the queue",
    ours: "effect-posthog",
    anchor: "posthog-node",
    target: 1
  })
}

const few = 1000
const many = 50_000

// Against a transport that sends nothing: the time to take batches out of a short queue, and out of a long one.
const giving = async ({ effort }: Setting): Promise<Row> => {
  const runtime = ManagedRuntime.make(
    EventQueue.layer.pipe(
      Layer.provide(EventTransport.layerNoop),
      Layer.provide(PostHogConfig.layer({ apiKey: Redacted.make("phc_bench"), events: never }))
    )
  )
  const flushed = (count: number) => ({
    name: `${count} queued`,
    count,
    prepare: () => runtime.runPromise(repeated(count, (index) => Events.capture(eventAt(index)))),
    run: () => runtime.runPromise(Events.flush)
  })
  const measured = await interleaved([flushed(many), flushed(few)], effort)
  await runtime.dispose()
  return {
    ...compare(measured, {
      row: "an event handed to a transport that sends nothing, 50,000 queued",
      ours: `${many} queued`,
      anchor: `${few} queued`,
      target: 0.5
    }),
    anchorName: "1,000 queued"
  }
}
