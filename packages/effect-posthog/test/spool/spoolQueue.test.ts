import { FileSystem } from "@effect/platform"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Context, Duration, Effect, Fiber, Layer, Logger, Option, Redacted, TestClock } from "effect"
import type { SendOutcome } from "effect-posthog"
import { EventQueue, EventTransport, PostHogConfig } from "effect-posthog"
import * as EventSpool from "effect-posthog/EventSpool"
import type { Options } from "effect-posthog/PostHogConfig"
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { headerOf } from "../../src/internal/spool/records.ts"
import { logged } from "../support/logged.ts"
import { ScriptedTransport } from "../support/queue.ts"
import { faultRuns, tally } from "../support/tally.ts"
import {
  afterKill,
  arrived,
  eventually,
  failingDisk,
  names,
  openClient,
  openStore,
  temporaryFolder,
  unavailable
} from "./support.ts"

const quiet = Effect.provide(Logger.remove(Logger.defaultLogger))

/** In the table of faults, the hour that it promises. */
const outage = faultRuns > 1 ? "3600 seconds" : "600 seconds"

const often = Effect.repeatN(faultRuns - 1)
const longest = 30_000 * faultRuns

/** A disk on which a file never gets written. */
const stalled = Layer.effect(
  FileSystem.FileSystem,
  Effect.map(FileSystem.FileSystem, (real) => ({
    ...real,
    open: (path: string, how?: FileSystem.OpenFileOptions) =>
      Effect.map(real.open(path, how), (file) => Object.assign(file, { writeAll: () => Effect.never }))
  }))
).pipe(Layer.provide(NodeFileSystem.layer))

/** A disk that counts the lines of each write, and ends it when it is told to. */
const counted = () => {
  const endings: Array<() => void> = []
  const lines: Array<number> = []
  const layer = Layer.effect(
    FileSystem.FileSystem,
    Effect.map(FileSystem.FileSystem, (real) => ({
      ...real,
      open: (path: string, how?: FileSystem.OpenFileOptions) =>
        Effect.map(real.open(path, how), (file) => {
          const writeAll = file.writeAll.bind(file)
          return Object.assign(file, {
            writeAll: (bytes: Uint8Array) =>
              Effect.zipLeft(
                writeAll(bytes),
                Effect.async<void>((resume) => {
                  lines.push(bytes.filter((byte) => byte === 10).length)
                  endings.push(() => resume(Effect.void))
                })
              )
          })
        })
    }))
  ).pipe(Layer.provide(NodeFileSystem.layer))
  return { endings, layer, lines }
}

/** The clock of the test goes on, and the disk has the time that it needs. */
const pass = (times: number, step: string & `${number} seconds`) =>
  Effect.forEach(
    Array.from({ length: times }),
    () =>
      Effect.zipRight(
        TestClock.adjust(step),
        Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 2)))
      ),
    { discard: true }
  )

/** The same, until it holds. */
const passUntil = (holds: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => holds() ? Effect.void : Effect.zipRight(pass(1, "1 seconds"), passUntil(holds)))

/** Lets something end that waits on the clock. */
const ended = <A>(effect: Effect.Effect<A>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(effect)
    yield* passUntil(() => Option.isSome(Effect.runSync(Fiber.poll(fiber))))
    return yield* Fiber.join(fiber)
  })

describe("a spool", () => {
  it.live("delivers what it stored and leaves no file", () =>
    Effect.gen(function*() {
      const directory = temporaryFolder()
      const transport = new ScriptedTransport()
      const one = yield* openClient(transport, { directory })
      yield* one.offer(0, 300)
      yield* one.queue.flush
      yield* one.close
      assert.deepStrictEqual(arrived(transport), names(0, 300))
      assert.deepStrictEqual(readdirSync(directory), [])
      assert.strictEqual((yield* one.queue.counts).delivered, 300)
    }).pipe(quiet))

  it.live("has on disk what it acknowledged", () =>
    Effect.gen(function*() {
      const directory = temporaryFolder()
      const transport = new ScriptedTransport()
      const one = yield* openClient(transport, { directory }, { events: { flushAt: 1000 } })
      const offered = yield* one.offer(0, 20)
      const text = readdirSync(directory).filter((name) => name.endsWith(".events"))
        .map((name) => readFileSync(join(directory, name), "utf8")).join("")
      for (const answer of offered) assert.include(text, answer._tag === "Accepted" ? answer.id : "none")
      yield* one.close
    }).pipe(quiet))

  it.live("joins what a turn captures into one write, and what is captured meanwhile into the next", () =>
    Effect.gen(function*() {
      const { endings, layer, lines } = counted()
      const one = yield* openClient(new ScriptedTransport(), { directory: temporaryFolder() }, {
        events: { flushAt: 1000 },
        fileSystem: layer
      })
      const first = yield* Effect.fork(one.offer(0, 40))
      yield* eventually(() => endings.length === 1)
      const meanwhile: Array<Fiber.RuntimeFiber<unknown>> = []
      for (let from = 40; from < 70; from += 10) {
        meanwhile.push(yield* Effect.fork(one.offer(from, 10)))
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      }
      // The first line says the version.
      assert.deepStrictEqual(lines, [1 + 40])
      assert.isTrue(Option.isNone(yield* Fiber.poll(first)), "answered before it was written")
      endings[0]?.()
      yield* Fiber.join(first)
      yield* eventually(() => endings.length === 2)
      endings[1]?.()
      yield* Effect.forEach(meanwhile, Fiber.join)
      assert.deepStrictEqual(lines, [1 + 40, 30])
      const noting = yield* Effect.fork(eventually(() => (endings.pop()?.(), false)))
      yield* one.close
      yield* Fiber.interrupt(noting)
    }).pipe(quiet))

  it.live("writes large events in several writes, between which the event loop turns", () =>
    Effect.gen(function*() {
      const { endings, layer, lines } = counted()
      const one = yield* openClient(new ScriptedTransport(), { directory: temporaryFolder() }, { fileSystem: layer })
      const ending = yield* Effect.fork(eventually(() => (endings.pop()?.(), false)))
      yield* one.offer(0, 20, { text: "x".repeat(300_000) })
      yield* one.queue.flush
      // The first line of a file is its header.
      assert.isAtMost(Math.max(...lines), 1 + 4)
      yield* one.close
      yield* Fiber.interrupt(ending)
    }).pipe(quiet))

  it.live("pauses in an outage, also without a time between retries", () =>
    Effect.gen(function*() {
      const transport = new ScriptedTransport()
      transport.always(() => Effect.succeed(unavailable))
      const one = yield* openClient(transport, { directory: temporaryFolder() }, {
        events: { retryBase: 0, maxRetries: 0, flushInterval: "1 millis" }
      })
      yield* one.offer(0, 1)
      yield* Effect.sleep("500 millis")
      // 2, 4, 8 … milliseconds after each other.
      assert.isAtMost(transport.batches.length, 12)
      yield* one.close
    }).pipe(quiet))

  it.live("leaves to the next process what an outage kept", () =>
    Effect.gen(function*() {
      const directory = temporaryFolder()
      const transport = new ScriptedTransport()
      transport.always(() => Effect.succeed(unavailable))
      const one = yield* openClient(transport, { directory })
      yield* one.offer(0, 300)
      yield* one.close
      const { delivered, dropped, queued } = yield* one.queue.counts
      assert.deepStrictEqual({ delivered, dropped, queued }, { delivered: 0, dropped: 0, queued: 300 })
      const up = new ScriptedTransport()
      const two = yield* openClient(up, { directory })
      yield* two.offer(300, 10)
      yield* eventually(() => arrived(up).size === 310)
      yield* two.close
      assert.deepStrictEqual(arrived(up), names(0, 310))
      assert.deepStrictEqual(readdirSync(directory), [])
      assert.strictEqual((yield* two.store.status).recovered, 300)
      tally("an outage that outlasts the process", "spool", yield* two.queue.counts)
    }).pipe(quiet, often), longest)

  it.live(
    "a flush, and then the end, of a program that captures once wait for what a killed one left",
    () =>
      Effect.gen(function*() {
        const directory = temporaryFolder()
        const down = new ScriptedTransport()
        down.always(() => Effect.never)
        const one = yield* openClient(down, { directory }, { events: { queueSize: 40, flushAt: 10, maxBatchSize: 10 } })
        yield* one.offer(0, 100)
        const copy = afterKill(directory)
        yield* one.close
        const up = new ScriptedTransport()
        up.always(() => Effect.sleep("2 millis"))
        const two = yield* openClient(up, { directory: copy }, {
          events: { queueSize: 40, flushAt: 10, maxBatchSize: 10 }
        })
        yield* two.offer(100, 1)
        yield* two.queue.flush
        assert.deepStrictEqual(arrived(up), names(0, 101))
        yield* two.close
        assert.deepStrictEqual(readdirSync(copy), [])
      }).pipe(quiet),
    longest
  )

  it.live("gives back after a kill what had not arrived, and little of what had", () =>
    Effect.gen(function*() {
      const directory = temporaryFolder()
      const transport = new ScriptedTransport()
      const one = yield* openClient(transport, { directory }, { events: { flushAt: 100, maxBatchSize: 100 } })
      yield* one.offer(0, 200)
      yield* eventually(() => readdirSync(directory).some((name) => name.endsWith(".ended")))
      yield* Effect.sleep("50 millis")
      transport.always(() => Effect.succeed(unavailable))
      yield* one.offer(200, 50)
      const copy = afterKill(directory)
      const up = new ScriptedTransport()
      const two = yield* openClient(up, { directory: copy })
      yield* eventually(() => arrived(up).size === 50)
      assert.deepStrictEqual(arrived(up), names(200, 50))
      tally("a kill while the server is away", "spool", yield* two.queue.counts)
      yield* two.close
      yield* one.close
    }).pipe(quiet, often), longest)

  it.effect("waits out an outage, and loses nothing", () =>
    Effect.gen(function*() {
      const transport = new ScriptedTransport()
      transport.always(() => Effect.succeed(unavailable))
      const one = yield* openClient(transport, { directory: temporaryFolder() }, {
        events: { retryBase: "1 seconds", queueSize: 200 }
      })
      yield* one.offer(0, 300)
      yield* pass(1, outage)
      assert.strictEqual((yield* one.queue.counts).dropped, 0)
      const requests = transport.batches.length
      assert.isAbove(requests, 15)
      assert.isBelow(requests, 700)
      yield* one.offer(300, 100)
      transport.always(() => Effect.void)
      yield* passUntil(() => arrived(transport).size === 400)
      const { accepted, delivered } = yield* one.queue.counts
      assert.deepStrictEqual({ accepted, delivered }, { accepted: 400, delivered: 400 })
      assert.deepStrictEqual(arrived(transport), names(0, 400))
      tally("a server away for an hour", "spool", yield* one.queue.counts)
      yield* ended(one.close)
    }).pipe(quiet, often), longest)

  it.effect("gives up beyond its horizon, and counts it", () =>
    Effect.gen(function*() {
      const transport = new ScriptedTransport()
      transport.always(() => Effect.succeed(unavailable))
      const one = yield* openClient(transport, { directory: temporaryFolder(), horizon: "90 seconds" }, {
        events: { retryBase: "1 seconds" }
      })
      yield* one.offer(0, 5)
      yield* passUntil(() => Effect.runSync(one.queue.counts).queued === 0)
      const { droppedBy, queued } = yield* one.queue.counts
      assert.deepStrictEqual([droppedBy.RetriesExhausted, queued], [5, 0])
      assert.strictEqual((yield* one.store.status).expired, 5)
      tally("an outage beyond the horizon", "spool", yield* one.queue.counts)
      yield* ended(one.close)
    }).pipe(quiet, often), longest)

  it.effect(
    "keeps what a clock that was set back makes seem new, and what was written long before the clock was right",
    () =>
      Effect.gen(function*() {
        const directory = temporaryFolder()
        const transport = new ScriptedTransport()
        transport.always(() => Effect.succeed(unavailable))
        yield* TestClock.setTime(1_000_000_000_000)
        const one = yield* openClient(transport, { directory }, { events: { retryBase: "1 seconds" } })
        yield* one.offer(0, 5)
        const copy = afterKill(directory)
        yield* TestClock.setTime(900_000_000_000)
        const up = new ScriptedTransport()
        const two = yield* openClient(up, { directory: copy })
        yield* passUntil(() => arrived(up).size === 5)
        assert.deepStrictEqual(arrived(up), names(0, 5))
        tally("a clock that is set back by three years", "spool", yield* two.queue.counts)
        for (const { close } of [one, two]) yield* ended(close)
      }).pipe(quiet, often),
    longest
  )

  it.live("isolates an event that makes every request fail, and delivers the others", () =>
    Effect.gen(function*() {
      const transport = new ScriptedTransport()
      transport.always((batch) =>
        Effect.succeed<SendOutcome>(
          batch.events.some(({ event }) => event === "e3") ? unavailable : { _tag: "Delivered" }
        )
      )
      const one = yield* openClient(transport, { directory: temporaryFolder() }, { events: { maxRetries: 1 } })
      yield* one.offer(0, 350)
      yield* eventually(() => Effect.runSync(one.queue.counts).delivered === 349)
      // It does not hold up what comes after it.
      yield* one.offer(350, 20)
      yield* one.queue.flush
      const { delivered, dropped, queued } = yield* one.queue.counts
      assert.deepStrictEqual({ delivered, dropped, queued }, { delivered: 369, dropped: 0, queued: 1 })
      tally("an event at the head that makes every request fail", "spool", yield* one.queue.counts)
      yield* one.close
    }).pipe(quiet, often), longest)

  it.live("keeps more than memory holds, in order", () =>
    Effect.gen(function*() {
      const directory = temporaryFolder()
      const transport = new ScriptedTransport()
      const one = yield* openClient(transport, { directory }, {
        events: { queueSize: 20, flushAt: 10, maxBatchSize: 10, whenFull: "backpressure" }
      })
      yield* one.offer(0, 500)
      yield* one.queue.flush
      const order = transport.names.flat()
      assert.deepStrictEqual(order, [...names(0, 500)])
      yield* one.close
      assert.deepStrictEqual(readdirSync(directory), [])
    }).pipe(quiet))

  for (const whenFull of ["dropOldest", "dropNewest"] as const) {
    it.live(`is bounded in bytes: ${whenFull}`, () =>
      Effect.gen(function*() {
        const transport = new ScriptedTransport()
        transport.always(() => Effect.succeed(unavailable))
        const one = yield* openClient(transport, { directory: temporaryFolder(), maxBytes: 64 * 1024 }, {
          events: { whenFull, queueSize: 10 }
        })
        for (let from = 0; from < 300; from += 20) yield* one.offer(from, 20, { padding: "x".repeat(1000) })
        const { accepted, dropped, queued, rejected } = yield* one.queue.counts
        assert.isAtMost((yield* one.store.status).bytes, 64 * 1024)
        assert.strictEqual(accepted, dropped + queued)
        assert.strictEqual(accepted + rejected.Overflow, 300)
        assert.isAbove(whenFull === "dropOldest" ? dropped : rejected.Overflow, 200)
        transport.always(() => Effect.void)
        yield* eventually(() => Effect.runSync(one.queue.counts).queued === 0)
        assert.strictEqual(arrived(transport).has("e299"), whenFull === "dropOldest")
        if (whenFull === "dropNewest") assert.isTrue(arrived(transport).has("e0"))
        tally(`full, ${whenFull}`, "spool", yield* one.queue.counts)
        yield* one.close
      }).pipe(quiet, often), longest)
  }

  it.live("makes wait for room on the disk, and resumes", () =>
    Effect.gen(function*() {
      const transport = new ScriptedTransport()
      transport.always(() => Effect.succeed(unavailable))
      const one = yield* openClient(transport, { directory: temporaryFolder(), maxBytes: 64 * 1024 }, {
        events: { whenFull: "backpressure", flushAt: 10, maxBatchSize: 10 }
      })
      const offering = yield* Effect.fork(one.offer(0, 200, { padding: "x".repeat(1000) }))
      yield* Effect.sleep("100 millis")
      assert.isAtMost((yield* one.store.status).bytes, 64 * 1024)
      assert.isTrue(Option.isNone(yield* Fiber.poll(offering)))
      transport.always(() => Effect.void)
      yield* Fiber.join(offering)
      yield* one.queue.flush
      assert.strictEqual((yield* one.queue.counts).delivered, 200)
      yield* one.close
    }).pipe(quiet))

  it.live("keeps events in memory while the folder cannot be written, and says so once", () =>
    Effect.gen(function*() {
      const directory = temporaryFolder()
      writeFileSync(directory, "a file where the folder should be")
      const transport = new ScriptedTransport()
      const { lines } = yield* logged(Effect.gen(function*() {
        const one = yield* openClient(transport, { directory })
        for (let from = 0; from < 60; from += 20) yield* one.offer(from, 20)
        yield* one.queue.flush
        assert.deepStrictEqual(arrived(transport), names(0, 60))
        assert.strictEqual((yield* one.store.status).notStored, 60)
        tally("a folder that cannot be written", "spool", yield* one.queue.counts)
        yield* one.close
      }))
      assert.strictEqual(lines.filter((line) => line.includes("kept in memory only:")).length, 1)
    }).pipe(often), longest)

  it.live("goes on when its files are deleted under it", () =>
    Effect.gen(function*() {
      const directory = temporaryFolder()
      const transport = new ScriptedTransport()
      const one = yield* openClient(transport, { directory })
      yield* one.offer(0, 30)
      rmSync(directory, { recursive: true })
      yield* one.offer(30, 30)
      yield* one.queue.flush
      assert.deepStrictEqual(arrived(transport), names(0, 60))
      tally("a folder that is deleted", "spool", yield* one.queue.counts)
      yield* one.close
    }).pipe(quiet, often), longest)

  it.live("loses to damage what was damaged, and no other event", () =>
    Effect.gen(function*() {
      const directory = temporaryFolder()
      const down = new ScriptedTransport()
      down.always(() => Effect.succeed(unavailable))
      const one = yield* openClient(down, { directory })
      for (const from of [0, 20, 40]) yield* one.offer(from, 20)
      const copy = afterKill(directory)
      for (const name of readdirSync(copy).filter((file) => file.endsWith(".events"))) {
        const bytes = readFileSync(join(copy, name))
        const inFirst = headerOf(1).length + 100
        bytes[inFirst] = (bytes[inFirst] ?? 0) ^ 1
        writeFileSync(join(copy, name), bytes.subarray(0, -10))
      }
      const up = new ScriptedTransport()
      const two = yield* openClient(up, { directory: copy })
      yield* eventually(() => arrived(up).size === 58)
      assert.deepStrictEqual(arrived(up), names(1, 58))
      assert.include(yield* two.store.status, { recovered: 58, corrupt: 1, torn: 1 })
      tally(
        "a flipped byte, and a tail that is cut off, in the files of a killed process",
        "spool",
        yield* two.queue.counts
      )
      for (const { close } of [one, two]) yield* close
    }).pipe(quiet, often), longest)

  it.effect(
    "keeps events in memory while the disk is full, and writes again when it is not",
    () =>
      Effect.gen(function*() {
        const { layer, state } = failingDisk()
        const transport = new ScriptedTransport()
        transport.always(() => Effect.succeed(unavailable))
        const one = yield* openClient(transport, { directory: temporaryFolder() }, {
          events: { retryBase: "1 seconds" },
          fileSystem: layer
        })
        yield* one.offer(0, 20)
        state.isFull = true
        yield* one.offer(20, 20)
        state.isFull = false
        yield* TestClock.adjust("1 seconds")
        yield* one.offer(40, 20)
        assert.strictEqual((yield* one.store.status).notStored, 20)
        transport.always(() => Effect.void)
        yield* passUntil(() => Effect.runSync(one.queue.counts).delivered === 60)
        assert.deepStrictEqual(arrived(transport), names(0, 60))
        tally("a disk that fills up in the middle of a write", "spool", yield* one.queue.counts)
        yield* ended(one.close)
      }).pipe(quiet, often),
    longest
  )

  it.live("stores exposures without making the read wait, and events that an effectful hook lets pass", () =>
    Effect.gen(function*() {
      const directory = temporaryFolder()
      const transport = new ScriptedTransport()
      transport.always(() => Effect.succeed(unavailable))
      const one = yield* openClient(transport, { directory }, {
        events: { beforeSend: (event) => Effect.as(Effect.sleep(1), event) }
      })
      const answer = yield* one.queue.tryOffer({ event: "e0", distinctId: "ada" })
      assert.strictEqual(answer._tag, "Accepted")
      yield* one.offer(1, 1)
      yield* one.close
      const up = new ScriptedTransport()
      const two = yield* openClient(up, { directory })
      yield* eventually(() => arrived(up).size === 2)
      yield* two.close
    }).pipe(quiet))

  it.effect("does not let a disk that stands still stop the program, nor its end", () =>
    Effect.gen(function*() {
      const directory = temporaryFolder()
      const transport = new ScriptedTransport()
      const one = yield* openClient(transport, { directory }, { fileSystem: stalled })
      const offered = yield* ended(one.offer(0, 3))
      assert.strictEqual(offered.filter(({ _tag }) => _tag === "Accepted").length, 3)
      // From now on nothing waits.
      yield* one.offer(3, 3)
      yield* one.queue.flush
      assert.deepStrictEqual(arrived(transport), names(0, 6))
      tally("a disk that stands still", "spool", yield* one.queue.counts)
      yield* ended(one.close)
    }).pipe(quiet, often), longest)

  it.live("keeps the events of two clients of one project apart", () =>
    Effect.gen(function*() {
      const directory = temporaryFolder()
      const transports = [new ScriptedTransport(), new ScriptedTransport()]
      for (const transport of transports) transport.always(() => Effect.succeed(unavailable))
      const spool = EventSpool.layer({ directory }).pipe(Layer.provide(NodeFileSystem.layer))
      const queueWith = (transport: ScriptedTransport) =>
        EventQueue.layer.pipe(
          Layer.provide(transport.layer),
          Layer.provide(PostHogConfig.layer({
            apiKey: Redacted.make("phc_test"),
            events: { queueSize: 5, retryBase: "1 millis", flushAt: 1 }
          })),
          Layer.fresh
        )
      yield* Effect.gen(function*() {
        const context = yield* Layer.build(spool)
        const queues = yield* Effect.forEach(transports, (transport) =>
          Effect.map(Effect.provide(Layer.build(queueWith(transport)), context), (built) =>
            Context.get(built, EventQueue)))
        for (const [client, queue] of queues.entries()) {
          yield* Effect.forEach(
            Array.from({ length: 20 }, (_, index) =>
              `client ${client} event ${index}`),
            (event) =>
              queue.offer({ event, distinctId: "ada" }),
            { concurrency: "unbounded" }
          )
        }
        for (const transport of transports) transport.always(() => Effect.void)
        yield* eventually(() => transports.every((transport) => arrived(transport).size === 20))
        for (const [client, transport] of transports.entries()) {
          for (const name of arrived(transport)) assert.isTrue(name.startsWith(`client ${client}`))
        }
        for (const queue of queues) {
          const { accepted, delivered } = yield* queue.counts
          assert.deepStrictEqual([accepted, delivered], [20, 20])
        }
      }).pipe(Effect.scoped)
      assert.deepStrictEqual(readdirSync(directory), [])
    }).pipe(quiet))

  it.effect("takes over what another process left while it was running itself", () =>
    Effect.gen(function*() {
      const transport = new ScriptedTransport()
      transport.always(() => Effect.succeed(unavailable))
      const [one, other] = [temporaryFolder(), temporaryFolder()]
      const running = yield* openClient(transport, { directory: one })
      yield* running.offer(0, 3)
      const dying = yield* openClient(transport, { directory: other })
      yield* dying.offer(3, 3)
      const left = afterKill(other)
      for (const name of readdirSync(left)) cpSync(join(left, name), join(one, `other-${name}`))
      const since = transport.batches.length
      yield* passUntil(() => transport.names.slice(since).flat().includes("e3"))
      transport.always(() => Effect.void)
      yield* passUntil(() => Effect.runSync(running.queue.counts).delivered === 6)
      tally("two processes on one folder, one of which is killed", "spool", yield* running.queue.counts)
      yield* ended(running.close)
      yield* ended(dying.close)
      assert.deepStrictEqual(readdirSync(one), [])
    }).pipe(quiet, often), longest)

  it.live("never sends the events of one project to another", () =>
    Effect.gen(function*() {
      const directory = temporaryFolder()
      const down = new ScriptedTransport()
      down.always(() => Effect.succeed(unavailable))
      const one = yield* openClient(down, { directory }, { apiKey: Redacted.make("phc_one") })
      yield* one.offer(0, 3)
      yield* one.close
      for (const name of readdirSync(directory)) assert.notInclude(name, "phc_")
      const other = new ScriptedTransport()
      const two = yield* openClient(other, { directory }, { apiKey: Redacted.make("phc_two") })
      yield* two.offer(3, 1)
      yield* two.queue.flush
      yield* two.close
      assert.deepStrictEqual(arrived(other), names(3, 1))
      const up = new ScriptedTransport()
      const three = yield* openClient(up, { directory }, { apiKey: Redacted.make("phc_one") })
      yield* eventually(() => arrived(up).size === 3)
      yield* three.close
    }).pipe(quiet))

  it.effect("refuses options that cannot be used", () =>
    Effect.forEach(
      [
        ["spool.directory", { directory: " " }],
        ["spool.maxBytes", { directory: "x", maxBytes: 1 }],
        ["spool.horizon", { directory: "x", horizon: -1 }],
        ["spool.durability", { directory: "x", durability: "disk" as never }]
      ] as ReadonlyArray<readonly [string, EventSpool.SpoolOptions]>,
      ([option, spool]) =>
        Effect.gen(function*() {
          const exit = yield* Effect.exit(
            Effect.scoped(Layer.build(Layer.provide(EventSpool.layer(spool), NodeFileSystem.layer)))
          )
          assert.include(exit._tag === "Failure" ? Cause.pretty(exit.cause) : "built", option)
        })
    ))
})

type Store = typeof EventSpool.EventStore.Service

/** A store in memory, and what it holds. */
const makeStore = () => {
  const held = new Map<number, string>()
  const store: Store = {
    append: (_, events) =>
      Effect.sync(() =>
        events.map(({ event }) => {
          held.set(held.size, event.event)
          return held.size - 1
        })
      ),
    ended: (receipts) => Effect.sync(() => receipts.forEach((receipt) => held.delete(receipt as number))),
    recover: () => Effect.succeed([]),
    isFull: () => false,
    giveUpOldest: () => undefined,
    horizon: Duration.days(7),
    count: () => {},
    status: Effect.succeed({
      bytes: 0,
      recovered: 0,
      torn: 0,
      corrupt: 0,
      expired: 0,
      overflowed: 0,
      notStored: 0,
      unreadableFiles: 0
    })
  }
  return { held, store }
}

const clientOver = (
  store: Store,
  send: EventTransport["Type"]["send"] = () => Effect.void,
  events: Options["events"] = {}
) =>
  Layer.build(
    EventQueue.layer.pipe(
      Layer.provide(Layer.succeed(EventTransport, { send })),
      Layer.provide(PostHogConfig.layer({ apiKey: Redacted.make("phc_test"), events })),
      Layer.provide(EventSpool.layerStore(Layer.succeed(EventSpool.EventStore, store)))
    )
  )

describe("a store of one's own", () => {
  it.live("that dies makes nobody wait, and is reported", () =>
    Effect.gen(function*() {
      const { store } = makeStore()
      const broken = Effect.die(new Error("the store is broken"))
      const throwing = () => {
        throw new Error("the store is broken")
      }
      const stores: ReadonlyArray<Store> = [
        { ...store, append: () => broken, ended: () => broken, recover: () => broken },
        { ...store, append: throwing, ended: throwing, recover: throwing },
        { ...store, ended: () => broken }
      ]
      for (const broken of stores) {
        const { lines } = yield* logged(Effect.scoped(Effect.gen(function*() {
          const queue = Context.get(yield* clientOver(broken), EventQueue)
          for (const event of ["one", "two"]) {
            yield* queue.offer({ event, distinctId: "ada" })
            yield* queue.flush
          }
          assert.strictEqual((yield* queue.counts).delivered, 2)
        })))
        assert.include(lines.join(), "The event store failed: Error: the store is broken")
      }
    }))

  it.live("has one name for the clients of a project that follow each other, and others for those beside them", () =>
    Effect.gen(function*() {
      const { store } = makeStore()
      const seen: Array<string> = []
      const watched: Store = {
        ...store,
        append: (queue, events) => {
          seen.push(queue)
          return store.append(queue, events)
        }
      }
      const capture = Effect.gen(function*() {
        const queue = Context.get(yield* clientOver(watched), EventQueue)
        yield* queue.offer({ event: "one", distinctId: "ada" })
      })
      yield* Effect.scoped(Effect.zipRight(capture, capture))
      yield* Effect.scoped(Effect.zipRight(capture, capture))
      assert.deepStrictEqual(seen.slice(2), seen.slice(0, 2))
      assert.strictEqual(new Set(seen).size, 2)
    }).pipe(quiet))

  it.live("gives a client what one before it has left on disk alone, and its counts agree", () =>
    Effect.gen(function*() {
      const { close, store } = yield* openStore({ directory: temporaryFolder() })
      const offer = (queue: EventQueue["Type"], count: number) =>
        Effect.forEach(names(0, count), (event) => queue.offer({ event, distinctId: "ada" }), { discard: true })
      yield* Effect.scoped(Effect.gen(function*() {
        const closing = { queueSize: 10, shutdownTimeout: "10 millis" } as const
        const queue = Context.get(yield* clientOver(store, () => Effect.never, closing), EventQueue)
        yield* offer(queue, 50)
      }))
      yield* Effect.scoped(Effect.gen(function*() {
        const queue = Context.get(yield* clientOver(store), EventQueue)
        yield* offer(queue, 5)
        yield* queue.flush
        const { accepted, delivered, queued } = yield* queue.counts
        assert.deepStrictEqual({ accepted, delivered, queued }, { accepted: 45, delivered: 45, queued: 0 })
      }))
      yield* close
    }).pipe(quiet))

  it.live("takes the place of the files", () =>
    Effect.gen(function*() {
      const { held, store } = makeStore()
      const context = yield* clientOver(store)
      yield* Effect.gen(function*() {
        const queue = yield* EventQueue
        yield* queue.offer({ event: "one", distinctId: "ada" })
        assert.strictEqual(held.size, 1)
        yield* queue.flush
        yield* eventually(() => held.size === 0)
      }).pipe(Effect.provide(context))
    }).pipe(Effect.scoped, quiet))
})
