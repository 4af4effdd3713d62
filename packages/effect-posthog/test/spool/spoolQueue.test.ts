import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Logger, Scope } from "effect"
import type { SendOutcome } from "effect-posthog"
import { EventQueue, PostHogConfig } from "effect-posthog"
import * as EventSpool from "effect-posthog/EventSpool"
import type { Options } from "effect-posthog/PostHogConfig"
import { mkdtempSync, readdirSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { options, ScriptedTransport } from "../support/queue.ts"

const temporaryFolder = (): string => join(mkdtempSync(join(tmpdir(), "spool-")), "events")

const client = (
  transport: ScriptedTransport,
  spool: EventSpool.SpoolOptions,
  events?: Options["events"]
) =>
  EventQueue.layer.pipe(
    Layer.provide(transport.layer),
    Layer.provide(PostHogConfig.layer(options({ retryBase: "1 millis", shutdownTimeout: "1 seconds", ...events }))),
    Layer.provideMerge(EventSpool.layer(spool)),
    Layer.provide(NodeFileSystem.layer)
  )

/** A process of its own, as far as the folder is concerned. */
const open = (...parameters: Parameters<typeof client>) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(client(...parameters), scope)
    const queue = Context.get(context, EventQueue)
    return {
      queue,
      store: Context.get(context, EventSpool.EventStore),
      offer: (from: number, count: number) =>
        Effect.forEach(
          Array.from({ length: count }, (_, index) => from + index),
          (index) => queue.offer({ event: `e${index}`, distinctId: "ada", properties: { index } }),
          { concurrency: "unbounded" }
        ),
      close: Scope.close(scope, Exit.void)
    }
  })

const arrived = (transport: ScriptedTransport) => new Set(transport.names.flat())
const names = (from: number, count: number) => new Set(Array.from({ length: count }, (_, index) => `e${from + index}`))
const down: SendOutcome = { _tag: "Retry", details: "503" }

describe("a spool", () => {
  it.live("delivers what it stored and leaves no file", () =>
    Effect.gen(function*() {
      const directory = temporaryFolder()
      const transport = new ScriptedTransport()
      const one = yield* open(transport, { directory })
      yield* one.offer(0, 300)
      yield* one.queue.flush
      yield* one.close
      assert.deepStrictEqual(arrived(transport), names(0, 300))
      assert.deepStrictEqual(readdirSync(directory), [])
      assert.strictEqual((yield* one.queue.counts).delivered, 300)
    }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger))))

  it.live("leaves to the next process what an outage kept", () =>
    Effect.gen(function*() {
      const directory = temporaryFolder()
      const transport = new ScriptedTransport()
      transport.always(() => Effect.succeed(down))
      const one = yield* open(transport, { directory })
      yield* one.offer(0, 300)
      yield* one.close
      const { delivered, dropped, queued } = yield* one.queue.counts
      assert.deepStrictEqual({ delivered, dropped, queued }, { delivered: 0, dropped: 0, queued: 300 })
      const up = new ScriptedTransport()
      const two = yield* open(up, { directory })
      yield* two.offer(300, 10)
      yield* Effect.sleep("200 millis")
      yield* two.queue.flush
      yield* two.close
      assert.deepStrictEqual(arrived(up), names(0, 310))
      assert.deepStrictEqual(readdirSync(directory), [])
      assert.strictEqual((yield* two.store.status).recovered, 300)
    }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger))))
})
