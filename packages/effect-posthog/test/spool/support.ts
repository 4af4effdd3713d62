import { FileSystem } from "@effect/platform"
import { NodeFileSystem } from "@effect/platform-node"
import { SystemError } from "@effect/platform/Error"
import { Context, Effect, Exit, Layer, Scope } from "effect"
import type { PostHogEvent, SendOutcome } from "effect-posthog"
import { EventQueue, PostHogConfig } from "effect-posthog"
import * as EventSpool from "effect-posthog/EventSpool"
import type { Options } from "effect-posthog/PostHogConfig"
import { cpSync, mkdtempSync, readdirSync, renameSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { options } from "../support/queue.ts"
import type { ScriptedTransport } from "../support/queue.ts"

/** A folder that does not exist yet, in one that does. */
export const temporaryFolder = (): string => join(mkdtempSync(join(tmpdir(), "spool-")), "events")

/** What a process that is killed now leaves behind: a copy, whose locks belong to nobody. */
export const afterKill = (directory: string): string => {
  const copy = temporaryFolder()
  cpSync(directory, copy, { recursive: true })
  for (const name of readdirSync(copy)) {
    if (name.endsWith(".lock")) renameSync(join(copy, name), join(copy, name.replace(/\.[^.]+\.lock$/, ".free.lock")))
  }
  return copy
}

export const eventNamed = (name: string, properties: Readonly<Record<string, unknown>> = {}): PostHogEvent => ({
  event: name,
  distinctId: "ada",
  properties,
  timestamp: "2026-01-02T03:04:05.678Z",
  uuid: "0193a1b2-c3d4-7000-8000-000000000000"
})

/** A store of its own, as a process has one, and how to end it. */
export const openStore = (spool: EventSpool.SpoolOptions, fileSystem = NodeFileSystem.layer) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(Layer.provide(EventSpool.layer(spool), fileSystem), scope)
    return { store: Context.get(context, EventSpool.EventStore), close: Scope.close(scope, Exit.void) }
  })

/** A client of its own, as a process has one, and how to end it. */
export const openClient = (
  transport: ScriptedTransport,
  spool: EventSpool.SpoolOptions,
  { apiKey, events, fileSystem = NodeFileSystem.layer }: {
    readonly events?: Options["events"]
    readonly apiKey?: Options["apiKey"]
    readonly fileSystem?: typeof NodeFileSystem.layer
  } = {}
) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const layer = EventQueue.layer.pipe(
      Layer.provide(transport.layer),
      Layer.provide(PostHogConfig.layer(options(
        { retryBase: "1 millis", shutdownTimeout: "1 seconds", ...events },
        apiKey === undefined ? {} : { apiKey }
      ))),
      Layer.provideMerge(EventSpool.layer(spool)),
      Layer.provide(fileSystem)
    )
    const context = yield* Layer.buildWithScope(layer, scope)
    const queue = Context.get(context, EventQueue)
    return {
      queue,
      store: Context.get(context, EventSpool.EventStore),
      offer: (from: number, count: number, properties: Readonly<Record<string, unknown>> = {}) =>
        Effect.forEach(
          Array.from({ length: count }, (_, index) => from + index),
          (index) => queue.offer({ event: `e${index}`, distinctId: "ada", properties }),
          { concurrency: "unbounded" }
        ),
      close: Scope.close(scope, Exit.void)
    }
  })

/** Waits, in real time, until it holds, for up to a minute. */
export const eventually = (holds: () => boolean): Effect.Effect<void> =>
  Effect.sleep("10 millis").pipe(
    Effect.repeat({ until: holds }),
    Effect.timeoutFail({ duration: "1 minute", onTimeout: () => new Error(`It never held: ${holds}`) }),
    Effect.orDie
  )

export const arrived = (transport: ScriptedTransport): ReadonlySet<string> => new Set(transport.names.flat())

export const names = (from: number, count: number): ReadonlySet<string> =>
  new Set(Array.from({ length: count }, (_, index) => `e${from + index}`))

export const unavailable: SendOutcome = { _tag: "Retry", details: "api_error_503" }

/** A disk on which writing fails while it is told so, in the middle of what is written. */
export const failingDisk = () => {
  const state = { isFull: false }
  const noSpace = new SystemError({
    module: "FileSystem",
    method: "write",
    reason: "Unknown",
    description: "ENOSPC: no space left on device"
  })
  const layer = Layer.effect(
    FileSystem.FileSystem,
    Effect.map(FileSystem.FileSystem, (real) => ({
      ...real,
      open: (path: string, how?: FileSystem.OpenFileOptions) =>
        Effect.map(real.open(path, how), (file) => {
          const writeAll = file.writeAll.bind(file)
          return Object.assign(file, {
            writeAll: (bytes: Uint8Array) =>
              Effect.suspend(() =>
                state.isFull
                  ? Effect.zipRight(writeAll(bytes.subarray(0, bytes.length / 2)), Effect.fail(noSpace))
                  : writeAll(bytes)
              )
          })
        })
    }))
  ).pipe(Layer.provide(NodeFileSystem.layer))
  return { state, layer }
}
