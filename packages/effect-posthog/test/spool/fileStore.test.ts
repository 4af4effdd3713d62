import { FileSystem } from "@effect/platform"
import { NodeFileSystem } from "@effect/platform-node"
import { SystemError } from "@effect/platform/Error"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, FastCheck as fc, Fiber, Layer, Logger, TestClock } from "effect"
import { spawnSync } from "node:child_process"
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { headerOf } from "../../src/internal/spool/records.ts"
import { Receipt } from "../../src/internal/spool/segment.ts"
import { logged } from "../support/logged.ts"
import { faultRuns } from "../support/tally.ts"
import { afterKill, eventNamed, failingDisk, openStore, temporaryFolder } from "./support.ts"

type Store = Effect.Effect.Success<ReturnType<typeof openStore>>["store"]

const append = (store: Store, names: ReadonlyArray<string>, kept = true) =>
  store.append("analytics-1", names.map((name) => ({ event: eventNamed(name), acceptedAt: 0, kept })))

const recoverAll = (store: Store, most = 1000) =>
  Effect.map(store.recover("analytics-1", most), (found) => found.map(({ event }) => event.event))

const quiet = Effect.provide(Logger.remove(Logger.defaultLogger))

/** Each step appends some events and ends some of those before. */
interface Step {
  readonly append: number
  readonly kept: boolean
  readonly end: ReadonlyArray<number>
}

const steps: fc.Arbitrary<ReadonlyArray<Step>> = fc.array(
  fc.record({
    append: fc.integer({ min: 1, max: 6 }),
    kept: fc.boolean(),
    end: fc.array(fc.nat(40), { maxLength: 6 })
  }),
  { minLength: 1, maxLength: 8 }
)
const damages = fc.array(
  fc.record({
    kind: fc.constantFrom("flip", "cut"),
    file: fc.nat(),
    at: fc.nat(),
    by: fc.integer({ min: 1, max: 255 })
  }),
  { maxLength: 4 }
)

describe("a store of files", () => {
  it.live("gives back after a kill what was written, had not ended and was not damaged", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(steps, damages, (script, damaged) =>
          Effect.runPromise(quiet(Effect.gen(function*() {
            const directory = temporaryFolder()
            const one = yield* openStore({ directory, maxBytes: 64 * 1024 })
            const receipts = new Map<string, Receipt>()
            const ended = new Set<string>()
            for (const { append: count, end, kept } of script) {
              const names = Array.from({ length: count }, (_, index) => `e${receipts.size + index}`)
              const given = yield* append(one.store, names, kept)
              for (const [index, name] of names.entries()) {
                const receipt = given[index]
                if (receipt instanceof Receipt) receipts.set(name, receipt)
              }
              const ends = new Set(
                end.map((index) => `e${index}`).filter((name) => receipts.has(name) && !ended.has(name))
              )
              yield* one.store.ended([...ends].flatMap((name) => receipts.get(name) ?? []))
              for (const name of ends) ended.add(name)
            }
            const copy = afterKill(directory)
            const files = readdirSync(copy).filter((name) => !name.endsWith(".lock")).sort()
            const hit = new Set<string>()
            let marksAreWhole = true
            for (const { at, by, file, kind } of damaged) {
              const name = files[file % files.length] ?? ""
              const path = join(copy, name)
              const { size } = statSync(path)
              if (size === 0) continue
              const position = at % size
              if (kind === "cut") truncateSync(path, position)
              else {
                const bytes = readFileSync(path)
                bytes[position] = (bytes[position] ?? 0) ^ by
                writeFileSync(path, bytes)
              }
              if (name.endsWith(".ended")) marksAreWhole = false
              for (const [event, { from, segment, to }] of receipts) {
                if (!name.startsWith(segment.path.slice(directory.length + 1)) || name.endsWith(".ended")) continue
                if (kind === "cut" ? to > position : position >= from && position < to) hit.add(event)
              }
            }
            // Two damages may hide a line between them.
            const isSimple = damaged.length <= 1
            const two = yield* openStore({ directory: copy })
            const found = yield* recoverAll(two.store)
            const { corrupt, recovered, torn } = yield* two.store.status
            yield* two.close
            yield* one.close
            assert.strictEqual(new Set(found).size, found.length, "none twice")
            for (const name of found) assert.isTrue(receipts.has(name), "none that was not written")
            for (const name of receipts.keys()) {
              if (ended.has(name)) {
                if (marksAreWhole && damaged.length === 0) assert.notInclude(found, name)
              } else if (!hit.has(name) && isSimple) assert.include(found, name)
            }
            assert.strictEqual(recovered, found.length)
            if (damaged.length === 0) assert.strictEqual(corrupt + torn, 0)
          })))),
        { numRuns: 10 * faultRuns }
      )
    ))

  it.live("reads again, in order, what was not kept", () =>
    Effect.gen(function*() {
      const { close, store } = yield* openStore({ directory: temporaryFolder() })
      yield* append(store, ["a", "b"], false)
      yield* append(store, ["c"], true)
      yield* append(store, ["d", "e"], false)
      assert.deepStrictEqual(yield* recoverAll(store, 3), ["a", "b", "d"])
      yield* append(store, ["f"], false)
      assert.deepStrictEqual(yield* recoverAll(store), ["e", "f"])
      assert.deepStrictEqual(yield* recoverAll(store), [])
      yield* close
    }).pipe(quiet))

  it.live("counts once what is given up while it is read", () =>
    Effect.gen(function*() {
      const opened = yield* Deferred.make<void>()
      const goOn = yield* Deferred.make<void>()
      const slow = Layer.effect(
        FileSystem.FileSystem,
        Effect.map(FileSystem.FileSystem, (real) => ({
          ...real,
          open: (path: string, how?: FileSystem.OpenFileOptions) =>
            how?.flag === "r" && path.endsWith(".events")
              ? Effect.tap(
                real.open(path, how),
                () => Effect.zipRight(Deferred.succeed(opened, undefined), Deferred.await(goOn))
              )
              : real.open(path, how)
        }))
      ).pipe(Layer.provide(NodeFileSystem.layer))
      const { close, store } = yield* openStore({ directory: temporaryFolder() }, slow)
      yield* append(store, ["a", "b"], false)
      const reading = yield* Effect.fork(recoverAll(store))
      yield* Deferred.await(opened)
      assert.strictEqual(store.giveUpOldest()?.unread, 2)
      yield* Deferred.succeed(goOn, undefined)
      assert.deepStrictEqual(yield* Fiber.join(reading), [])
      assert.include(yield* store.status, { unreadableFiles: 0, corrupt: 0 })
      yield* close
    }).pipe(quiet))

  it.live("is private, and leaves nothing when everything has ended", () =>
    Effect.gen(function*() {
      const directory = temporaryFolder()
      const { close, store } = yield* openStore({ directory })
      const receipts = yield* append(store, ["a", "b"])
      assert.strictEqual(statSync(directory).mode & 0o777, 0o700)
      for (const name of readdirSync(directory)) assert.strictEqual(statSync(join(directory, name)).mode & 0o777, 0o600)
      yield* store.ended(receipts)
      yield* close
      assert.deepStrictEqual(readdirSync(directory), [])
    }))

  it.live("does not write into what an earlier client of the same process has left", () =>
    Effect.gen(function*() {
      const directory = temporaryFolder()
      const one = yield* openStore({ directory })
      yield* append(one.store, ["a"])
      yield* one.close
      const two = yield* openStore({ directory })
      yield* append(two.store, ["b"])
      assert.deepStrictEqual(yield* recoverAll(two.store), ["a"])
      yield* two.close
      const three = yield* openStore({ directory })
      assert.sameMembers(yield* recoverAll(three.store), ["a", "b"])
      yield* three.close
    }).pipe(quiet))

  it.live("leaves the log of a living process alone, and takes over that of a dead one", () =>
    Effect.gen(function*() {
      const directory = temporaryFolder()
      const one = yield* openStore({ directory })
      yield* append(one.store, ["a"])
      const two = yield* openStore({ directory })
      assert.deepStrictEqual(yield* recoverAll(two.store), [])
      // The number of a process that has ended.
      const { pid } = spawnSync(process.execPath, ["-e", ""])
      const copy = afterKill(directory)
      for (const name of readdirSync(copy).filter((file) => file.endsWith(".lock"))) {
        const [log = ""] = name.split(".")
        const [machine] = log.split("-")
        renameSync(join(copy, name), join(copy, `${log}.${machine}-${pid.toString(36)}-1.lock`))
      }
      const three = yield* openStore({ directory: copy })
      assert.deepStrictEqual(yield* recoverAll(three.store), ["a"])
      for (const { close } of [one, two, three]) yield* close
    }).pipe(quiet))

  it.live("takes over a log whose process had the number of a living one", () =>
    Effect.gen(function*() {
      const directory = temporaryFolder()
      const one = yield* openStore({ directory })
      yield* append(one.store, ["a"])
      const copy = afterKill(directory)
      for (const name of readdirSync(copy).filter((file) => file.endsWith(".lock"))) {
        const [log = ""] = name.split(".")
        const [machine, pid] = log.split("-")
        renameSync(join(copy, name), join(copy, `${log}.${machine}-${pid}-1.lock`))
      }
      const two = yield* openStore({ directory: copy })
      assert.deepStrictEqual(yield* recoverAll(two.store), ["a"])
      yield* one.close
      yield* two.close
    }).pipe(quiet))

  it.scoped("takes over a log of another machine once its lock shows no life", () =>
    Effect.gen(function*() {
      const directory = temporaryFolder()
      const one = yield* openStore({ directory })
      yield* append(one.store, ["a"])
      const copy = afterKill(directory)
      for (const name of readdirSync(copy).filter((file) => file.endsWith(".lock"))) {
        renameSync(join(copy, name), join(copy, `${name.split(".")[0]}.elsewhere-1-1.lock`))
      }
      const two = yield* openStore({ directory: copy })
      assert.deepStrictEqual(yield* recoverAll(two.store), [])
      const later = function*() {
        for (let count = 0; count < 100; count++) {
          yield* TestClock.adjust("10 seconds")
          yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 10)))
          const found = yield* recoverAll(two.store)
          if (found.length > 0) return found
        }
        return []
      }
      assert.deepStrictEqual(yield* Effect.gen(later), ["a"])
      yield* one.close
      yield* two.close
    }).pipe(quiet))

  it.live("leaves alone what a newer version wrote, and says so once", () =>
    Effect.gen(function*() {
      const directory = temporaryFolder()
      mkdirSync(directory)
      const name = "old-1-1-0.analytics-1.0000000"
      for (const number of [0, 1]) {
        writeFileSync(join(directory, `${name}${number}.events`), headerOf(2))
      }
      const { lines } = yield* logged(Effect.gen(function*() {
        const { close, store } = yield* openStore({ directory })
        assert.deepStrictEqual(yield* recoverAll(store), [])
        assert.strictEqual((yield* store.status).unreadableFiles, 2)
        yield* close
      }))
      assert.strictEqual(lines.filter((line) => line.includes("version 2")).length, 1)
      assert.strictEqual(readdirSync(directory).filter((file) => file.endsWith(".events")).length, 2)
    }))

  it.live("gives up the oldest file, and no more, when there is no room", () =>
    Effect.gen(function*() {
      const directory = temporaryFolder()
      const { close, store } = yield* openStore({ directory, maxBytes: 64 * 1024 })
      const padding = "x".repeat(1000)
      let count = 0
      while (!store.isFull(2000)) {
        yield* store.append("analytics-1", [{
          event: eventNamed(`e${count++}`, { padding }),
          acceptedAt: 0,
          kept: false
        }])
      }
      const before = (yield* store.status).bytes
      assert.isAtMost(before, 64 * 1024)
      const given = store.giveUpOldest()
      assert.isAtLeast(given?.unread ?? 0, 1)
      assert.isFalse(store.isFull(2000))
      const left = yield* recoverAll(store)
      assert.deepStrictEqual(
        left,
        Array.from({ length: count - (given?.unread ?? 0) }, (_, index) => `e${index + (given?.unread ?? 0)}`)
      )
      yield* close
    }).pipe(quiet))
})

describe("a disk that fails", () => {
  it.effect("costs the events of that moment their place, and no other", () =>
    Effect.gen(function*() {
      const directory = temporaryFolder()
      const { layer, state } = failingDisk()
      const { close, store } = yield* openStore({ directory }, layer)
      yield* append(store, ["a"], false)
      state.isFull = true
      assert.strictEqual((yield* Effect.either(append(store, ["b"], false)))._tag, "Left")
      state.isFull = false
      // It is not tried again at once.
      assert.strictEqual((yield* Effect.either(append(store, ["c"], false)))._tag, "Left")
      yield* TestClock.adjust("1 seconds")
      yield* append(store, ["d"], false)
      const copy = afterKill(directory)
      assert.deepStrictEqual(yield* recoverAll(store), ["a", "d"])
      const two = yield* openStore({ directory: copy })
      assert.deepStrictEqual(yield* recoverAll(two.store), ["a", "d"])
      assert.strictEqual((yield* two.store.status).corrupt, 0)
      yield* two.close
      yield* close
    }).pipe(quiet))

  it.live("fails no layer", () =>
    Effect.gen(function*() {
      const directory = temporaryFolder()
      writeFileSync(directory, "a file where the folder should be")
      const { close, store } = yield* openStore({ directory })
      const failure = yield* Effect.flip(append(store, ["a"]))
      assert.include(failure.message, "EEXIST")
      assert.deepStrictEqual(yield* recoverAll(store), [])
      yield* close
    }).pipe(quiet))

  it.live("a folder that may not be written to is reported", () =>
    Effect.gen(function*() {
      const directory = temporaryFolder()
      mkdirSync(directory)
      chmodSync(directory, 0o500)
      // Root may write everywhere.
      const isRoot = process.getuid?.() === 0
      const { close, store } = yield* openStore({ directory }, isRoot ? readOnly : NodeFileSystem.layer)
      assert.match((yield* Effect.flip(append(store, ["a"]))).message, /EACCES/)
      assert.deepStrictEqual(readdirSync(directory), [])
      yield* close
    }).pipe(quiet))
})

/** A disk that root may not write to either. */
const readOnly = Layer.effect(
  FileSystem.FileSystem,
  Effect.map(FileSystem.FileSystem, (real) => ({
    ...real,
    writeFile: () =>
      Effect.fail(
        new SystemError({
          module: "FileSystem",
          method: "writeFile",
          reason: "PermissionDenied",
          description: "EACCES: permission denied"
        })
      )
  }))
).pipe(Layer.provide(NodeFileSystem.layer))
