// Generated from packages/effect-posthog/test/definitions/file.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { makeLogger } from "../support/standIns.ts"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as FileSystem from "effect/FileSystem"
import { assert, describe, it } from "../support/effectVitest.ts"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { DefinitionsSource, LocalEvaluator, PostHogConfig } from "../../src/index.ts"
import { yieldToEventLoop } from "../../src/internal/eventLoop.ts"
import type { Options } from "../../src/PostHogConfig.ts"
import type { Evaluator } from "../support/scriptedEndpoint.ts"
import { document, options, resolved, settled } from "../support/scriptedEndpoint.ts"

const over = (
  fileSystem: FileSystem.FileSystem,
  path: string,
  definitions: Options["definitions"] = { pollInterval: "1 hour" }
) =>
  LocalEvaluator.layer.pipe(
    Layer.provide(DefinitionsSource.layerFile(path)),
    Layer.provide(Layer.succeed(FileSystem.FileSystem, fileSystem)),
    Layer.provide(PostHogConfig.layer(options({ definitions }))),
    Layer.build,
    Effect.map(Context.get(LocalEvaluator))
  )

const text = (...keys: ReadonlyArray<string>) => JSON.stringify(document(keys))

const until = (isSo: Effect.Effect<boolean>) =>
  Effect.repeat(Effect.andThen(Effect.sleep("5 millis"), isSo), { until: (value) => value }).pipe(
    Effect.timeout("10 seconds")
  )

const shows = (evaluator: Evaluator, ...keys: ReadonlyArray<string>) =>
  until(Effect.sync(() => resolved(evaluator).join() === keys.join()))

const hasFailed = ({ status }: Evaluator) => until(Effect.map(status, ({ failures }) => failures > 0))

describe("an edit of the file", () => {
  // A folder, a file with the flag "one" in it, and an evaluator over it that polls once an hour.
  const start = Effect.gen(function*() {
    const fileSystem = yield* FileSystem.FileSystem
    const folder = yield* fileSystem.makeTempDirectoryScoped()
    const path = `${folder}/flags.json`
    yield* fileSystem.writeFileString(path, text("one"))
    const evaluator = yield* over(fileSystem, path)
    yield* evaluator.ready
    return { evaluator, fileSystem, folder, path }
  })

  it.scopedLive("takes effect without waiting for the poll, again and again", () =>
    Effect.gen(function*() {
      const { evaluator, fileSystem, path } = yield* start
      for (const key of ["two", "three", "four"]) {
        yield* fileSystem.writeFileString(path, text(key))
        yield* shows(evaluator, key)
      }
    }).pipe(Effect.provide(NodeServices.layer)))

  it.scopedLive("may replace the file by another", () =>
    Effect.gen(function*() {
      const { evaluator, fileSystem, folder, path } = yield* start
      for (const key of ["two", "three"]) {
        yield* fileSystem.writeFileString(`${folder}/.flags.json.new`, text(key))
        yield* fileSystem.rename(`${folder}/.flags.json.new`, path)
        yield* shows(evaluator, key)
      }
    }).pipe(Effect.provide(NodeServices.layer)))

  it.scopedLive("that breaks it is reported at once, and so is its end", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const logger = makeLogger(({ message }) => void lines.push(String(message)))
      const { evaluator, fileSystem, path } = yield* Effect.provide(start, Logger.layer([logger]))
      yield* fileSystem.writeFileString(path, "{")
      yield* hasFailed(evaluator)
      assert.include((yield* evaluator.status).lastFailure?.message, `${path}, line 1, column 2`)
      assert.deepStrictEqual(resolved(evaluator), ["one"])
      yield* fileSystem.remove(path)
      yield* until(Effect.map(evaluator.status, ({ lastFailure }) => lastFailure?.reason === "UnknownError"))
      yield* fileSystem.writeFileString(path, text("two"))
      yield* shows(evaluator, "two")
      assert.strictEqual((yield* evaluator.status).failures, 0)
      assert.include(lines[0], "could not be loaded")
      assert.include(lines.at(-1), "loaded again")
    }).pipe(Effect.provide(NodeServices.layer)))

  it.scopedLive("may lie behind a link that is turned to another folder", () =>
    Effect.gen(function*() {
      const fileSystem = yield* FileSystem.FileSystem
      const folder = yield* fileSystem.makeTempDirectoryScoped()
      for (const key of ["one", "two"]) {
        yield* fileSystem.makeDirectory(`${folder}/${key}`)
        yield* fileSystem.writeFileString(`${folder}/${key}/flags.json`, text(key))
      }
      yield* fileSystem.symlink(`${folder}/one`, `${folder}/data`)
      yield* fileSystem.symlink(`${folder}/data/flags.json`, `${folder}/flags.json`)
      const evaluator = yield* over(fileSystem, `${folder}/flags.json`)
      yield* evaluator.ready
      yield* fileSystem.symlink(`${folder}/two`, `${folder}/next`)
      yield* fileSystem.rename(`${folder}/next`, `${folder}/data`)
      yield* shows(evaluator, "two")
    }).pipe(Effect.provide(NodeServices.layer)))
})

describe("a file system", () => {
  const file = (content: () => string) => ({
    stat: () =>
      Effect.sync(() => ({
        type: "File" as const,
        mtime: Option.none(),
        atime: Option.none(),
        birthtime: Option.none(),
        dev: 1,
        ino: Option.none(),
        mode: 0,
        nlink: Option.none(),
        uid: Option.none(),
        gid: Option.none(),
        rdev: Option.none(),
        size: BigInt(content().length),
        blksize: Option.none(),
        blocks: Option.none()
      })),
    readFileString: () => Effect.sync(content)
  })

  const watches: ReadonlyArray<readonly [string, FileSystem.FileSystem["watch"] | undefined]> = [
    ["without a watch", undefined],
    ["whose watch dies", () => Stream.die(new Error("too many watches"))],
    ["whose watch ends", () => Stream.empty],
    ["whose watch is silent", () => Stream.never]
  ]
  for (const [name, watch] of watches) {
    it.scoped(`${name} is polled`, () =>
      Effect.gen(function*() {
        let content = text("one")
        const fileSystem = FileSystem.makeNoop({
          ...file(() => content),
          ...(watch === undefined ? {} : { watch })
        })
        const evaluator = yield* over(fileSystem, "flags.json", { pollInterval: "30 seconds" })
        yield* settled(evaluator)
        assert.deepStrictEqual(resolved(evaluator), ["one"])
        content = text("two")
        yield* TestClock.adjust("33 seconds")
        yield* yieldToEventLoop
        yield* settled(evaluator)
        assert.deepStrictEqual(resolved(evaluator), ["two"])
      }))
  }

  it.scoped("that tells of a file's neighbours does not make it read again", () =>
    Effect.gen(function*() {
      let reads = 0
      const events = yield* Queue.unbounded<FileSystem.WatchEvent>()
      const fileSystem = FileSystem.makeNoop({
        ...file(() => text("one")),
        readFileString: () =>
          Effect.sync(() => {
            reads++
            return text("one")
          }),
        watch: () => Stream.fromQueue(events)
      })
      const evaluator = yield* over(fileSystem, "/etc/shop/flags.json")
      yield* settled(evaluator)
      const told = (name: string) =>
        Effect.gen(function*() {
          yield* Queue.offer(events, { _tag: "Update", path: `/etc/shop/${name}` })
          yield* TestClock.adjust("1 second")
          yield* yieldToEventLoop
          yield* settled(evaluator)
          return reads
        })
      const before = yield* told("server.log")
      for (const name of ["server.log", "flags.json.bak", "another.json"]) assert.strictEqual(yield* told(name), before)
      assert.strictEqual(yield* told("flags.json"), before + 1)
    }))

  it.scoped("that never stops telling is asked ten times a second at most, and no more once the layer is closed", () =>
    Effect.gen(function*() {
      let watching = 0
      let reads = 0
      const folders: Array<string> = []
      const fileSystem = FileSystem.makeNoop({
        ...file(() => {
          reads++
          return text("one")
        }),
        watch: (folder) => {
          folders.push(folder)
          return Stream.fromEffectRepeat(
            Effect.as(Effect.sleep("10 millis"), { _tag: "Update", path: "flags.json" })
          ).pipe(
            Stream.onStart(Effect.sync(() => watching++)),
            Stream.ensuring(Effect.sync(() => watching--))
          )
        }
      })
      const scope = yield* Scope.make()
      const evaluator = yield* Scope.provide(over(fileSystem, "/etc/shop/flags.json"), scope)
      yield* settled(evaluator)
      for (let count = 0; count < 20; count++) {
        yield* TestClock.adjust("50 millis")
        yield* yieldToEventLoop
      }
      yield* settled(evaluator)
      // Each load looks at the size, and then reads.
      assert.isAbove(reads, 8)
      assert.isAtMost(reads, 24)
      assert.deepStrictEqual(folders, ["/etc/shop/"])
      assert.strictEqual(watching, 1)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(watching, 0)
    }))

  it.scoped("that does not answer is given up, and asked again", () =>
    Effect.gen(function*() {
      let hangs = true
      const healthy = file(() => text("one"))
      const fileSystem = FileSystem.makeNoop({
        ...healthy,
        readFileString: () => Effect.suspend(() => hangs ? Effect.never : healthy.readFileString())
      })
      const evaluator = yield* over(fileSystem, "flags.json", { pollInterval: "30 seconds" })
      yield* TestClock.adjust("10 seconds")
      yield* settled(evaluator)
      assert.strictEqual((yield* evaluator.status).lastFailure?.reason, "Timeout")
      hangs = false
      yield* TestClock.adjust("33 seconds")
      yield* yieldToEventLoop
      yield* settled(evaluator)
      assert.deepStrictEqual(resolved(evaluator), ["one"])
    }))
})
