// Generated from packages/effect-posthog/test/definitions/sources.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { makeLogger } from "../support/standIns.ts"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as FileSystem from "effect/FileSystem"
import * as HttpClient from "effect/http/HttpClient"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import { assert, describe, it } from "../support/effectVitest.ts"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { DefinitionsSource, LocalEvaluator, PostHogConfig } from "../../src/index.ts"
import type { Options } from "../../src/PostHogConfig.ts"
import { logged } from "../support/logged.ts"
import {
  document,
  makeEndpoint,
  notModified,
  ok,
  options,
  resolved,
  settled,
  status
} from "../support/scriptedEndpoint.ts"

const someone = { distinctId: "someone" }

const evaluatorOver = <E, R>(source: Layer.Layer<DefinitionsSource, E, R>, more: Partial<Options> = {}) =>
  LocalEvaluator.layer.pipe(
    Layer.provide(source),
    Layer.provide(PostHogConfig.layer(options(more))),
    Layer.build,
    Effect.map(Context.get(LocalEvaluator))
  )

describe("layerStatic", () => {
  it.scoped("installs the document once", () =>
    Effect.gen(function*() {
      const evaluator = yield* evaluatorOver(DefinitionsSource.layerStatic(document(["one"])))
      yield* evaluator.reload
      yield* TestClock.adjust("10 minutes")
      yield* settled(evaluator)
      const { age, etag, source } = yield* evaluator.status
      assert.deepStrictEqual(resolved(evaluator), ["one"])
      assert.strictEqual(source, "static")
      assert.strictEqual(etag, "static")
      assert.isAtMost(age ?? Number.NaN, 33_000)
    }))

  it.scoped("as an evaluator, is ready when it is built and refuses what is no document", () =>
    Effect.gen(function*() {
      const evaluator = Context.get(yield* Layer.build(LocalEvaluator.layerStatic(document(["one"]))), LocalEvaluator)
      assert.deepStrictEqual(resolved(evaluator), ["one"])
      yield* evaluator.reload
      const { reason } = yield* Effect.flip(Layer.build(LocalEvaluator.layerStatic({ flag: [] })))
      assert.strictEqual(reason, "InvalidDocument")
    }))
})

describe("layerFile", () => {
  const reads = (lines: ReadonlyArray<string>) =>
    Effect.gen(function*() {
      const fileSystem = yield* FileSystem.FileSystem
      const path = yield* fileSystem.makeTempFileScoped()
      const write = (text: string) => fileSystem.writeFileString(path, text)
      yield* write(JSON.stringify(document(["one"])))
      const evaluator = yield* evaluatorOver(DefinitionsSource.layerFile(path), {
        definitions: { maxDocumentBytes: 1000, pollInterval: "1 hour" }
      })
      yield* evaluator.reload
      assert.deepStrictEqual(resolved(evaluator), ["one"])

      yield* write(JSON.stringify(document(["two"])))
      yield* evaluator.reload
      assert.deepStrictEqual(resolved(evaluator), ["two"])
      const { etag } = yield* evaluator.status
      yield* evaluator.reload
      assert.strictEqual((yield* evaluator.status).etag, etag)

      const broken: ReadonlyArray<readonly [string, string]> = [
        [
          "{\n  \"flags\": [\n    { \"key\": \"one\" }\n    { \"key\": \"two\" }\n  ]\n}",
          `${path}, line 4, column 5: expected "," or "]"`
        ],
        ["[]", "the document is not an object"],
        [" ".repeat(1001), `${path} is larger than 1000 bytes`]
      ]
      for (const [text, problem] of broken) {
        yield* write(text)
        const result = yield* Effect.flip(evaluator.reload)
        assert.strictEqual(result.problem, problem)
        assert.include(lines.join(), problem)
        assert.include((yield* evaluator.status).lastFailure?.message, problem)
        assert.deepStrictEqual(resolved(evaluator), ["two"])
      }

      yield* fileSystem.remove(path)
      const missing = yield* Effect.flip(evaluator.reload)
      assert.strictEqual(missing.problem, `${path}: NotFound`)
      assert.include(lines.join(), "NotFound")
      yield* write(JSON.stringify(document(["three"])))
      yield* evaluator.reload
      assert.match(lines.join(), /loaded again, after ([4-9]|\d\d) failed loads/)
      assert.deepStrictEqual(resolved(evaluator), ["three"])
    })

  it.scopedLive("reads an edit at the next load, keeps the last good file and says where a broken one is broken", () =>
    // The watch of the file may load an edit before the test does, so the log is that of all fibers.
    Effect.suspend(() => {
      const lines: Array<string> = []
      const logger = makeLogger(({ message }) => void lines.push([message].flat().join(" ")))
      return Effect.provide(reads(lines), Logger.layer([logger]))
    }).pipe(Effect.provide(NodeServices.layer)))
})

describe("layerPersisted", () => {
  // One application: the HTTP source with a stored copy, over an endpoint and a store that outlive it.
  const start = (client: HttpClient.HttpClient, store: KeyValueStore.KeyValueStore, more: Partial<Options> = {}) =>
    evaluatorOver(
      DefinitionsSource.layerPersisted(DefinitionsSource.layerHttp).pipe(
        Layer.provide(Layer.succeed(HttpClient.HttpClient, client)),
        Layer.provide(Layer.succeed(KeyValueStore.KeyValueStore, store)),
        Layer.provide(PostHogConfig.layer(options(more)))
      ),
      more
    )

  const memoryStore = Effect.map(Layer.build(KeyValueStore.layerMemory), Context.get(KeyValueStore.KeyValueStore))

  it.scoped("a start during an outage has the stored flags, marked stale, until the source answers", () =>
    Effect.gen(function*() {
      const store = yield* memoryStore
      const endpoint = makeEndpoint(ok(document(["one"], { minimal_flag_called_events: true }), "\"v1\""))
      yield* TestClock.setTime(1_000_000)
      yield* Effect.scoped(Effect.flatMap(start(endpoint.client, store), ({ reload }) => reload))

      yield* TestClock.adjust("1 day")
      endpoint.answer(status(503))
      const evaluator = yield* start(endpoint.client, store)
      assert.strictEqual((yield* Effect.flip(evaluator.reload)).httpStatus, 503)
      yield* evaluator.ready
      const evaluation = evaluator.evaluate(someone)
      assert.deepStrictEqual(resolved(evaluator), ["one"])
      assert.isTrue(evaluation.stale)
      assert.isTrue(evaluation.minimalFlagCalledEvents)
      assert.strictEqual(evaluation.loadedAt, 1_000_000)
      const { age, failures, lastFailure, source, stale } = yield* evaluator.status
      assert.isTrue(stale)
      assert.strictEqual(age, 86_400_000)
      assert.strictEqual(failures, 1)
      assert.strictEqual(lastFailure?.httpStatus, 503)
      assert.strictEqual(source, "http, stored")

      yield* Effect.ignore(evaluator.reload)
      assert.isTrue((yield* evaluator.status).stale)
      endpoint.answer(notModified)
      yield* evaluator.reload
      assert.strictEqual(endpoint.requests.at(-1)?.headers["if-none-match"], "\"v1\"")
      assert.isFalse((yield* evaluator.status).stale)
      assert.isFalse(evaluator.evaluate(someone).stale)
      assert.strictEqual((yield* evaluator.status).failures, 0)

      endpoint.answer(status(503))
      yield* Effect.ignore(evaluator.reload)
      assert.isFalse((yield* evaluator.status).stale)
    }))

  it.scoped("backs off when the answer that led to the stored flags asks for it", () =>
    Effect.gen(function*() {
      const store = yield* memoryStore
      const endpoint = makeEndpoint(ok(document(["one"])))
      yield* Effect.scoped(Effect.flatMap(start(endpoint.client, store), ({ reload }) => reload))
      endpoint.answer(status(401))
      const evaluator = yield* start(endpoint.client, store)
      yield* Effect.ignore(evaluator.reload)
      assert.deepStrictEqual(resolved(evaluator), ["one"])
      assert.isAtLeast((yield* evaluator.status).nextAttemptAt ?? 0, 60_000)
    }))

  it.scoped("without a copy, the failure is all there is", () =>
    Effect.gen(function*() {
      const evaluator = yield* start(makeEndpoint(status(500)).client, yield* memoryStore)
      assert.strictEqual((yield* Effect.flip(evaluator.reload)).httpStatus, 500)
      assert.isTrue(evaluator.evaluate(someone).needsRemote)
    }))

  it.scoped("a quota that is used up removes the copy", () =>
    Effect.gen(function*() {
      const store = yield* memoryStore
      const endpoint = makeEndpoint(ok(document(["one"])))
      yield* Effect.scoped(
        Effect.flatMap(start(endpoint.client, store), ({ reload }) =>
          Effect.gen(function*() {
            yield* reload
            assert.strictEqual(yield* Effect.orDie(store.size), 1)
            endpoint.answer(status(402))
            yield* Effect.ignore(reload)
          }))
      )
      assert.strictEqual(yield* Effect.orDie(store.size), 0)
    }))

  it.scoped("a quota that is used up brings no copy back, though the store cannot remove it", () =>
    Effect.gen(function*() {
      const throwing = () => {
        throw new Error("the disk is read-only")
      }
      for (const remove of [() => Effect.die(new Error("the disk is read-only")), () => Effect.never, throwing]) {
        const kept = yield* memoryStore
        const store = KeyValueStore.make({ ...kept, remove })
        const endpoint = makeEndpoint(ok(document(["one"])))
        yield* Effect.scoped(Effect.flatMap(start(endpoint.client, store), ({ reload }) => reload))
        const evaluator = yield* start(endpoint.client, store)
        yield* evaluator.reload
        endpoint.answer(status(402))
        const refused = yield* Effect.forkChild(Effect.flip(evaluator.reload), { uninterruptible: "inherit" })
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual((yield* Fiber.join(refused)).reason, "QuotaLimited")
        assert.deepStrictEqual(resolved(evaluator), [])
        endpoint.answer(status(500))
        yield* Effect.flip(evaluator.reload)
        assert.deepStrictEqual(resolved(evaluator), [])
        endpoint.answer(ok(document(["two"])))
        yield* evaluator.reload
        assert.deepStrictEqual(resolved(evaluator), ["two"])
      }
    }))

  it.scoped("a start at which something else is answered has the stored flags, too", () =>
    Effect.gen(function*() {
      const store = yield* memoryStore
      const endpoint = makeEndpoint(ok(document(["one"])))
      yield* Effect.scoped(Effect.flatMap(start(endpoint.client, store), ({ reload }) => reload))
      endpoint.answer(ok({ status: "maintenance" }))
      const evaluator = yield* start(endpoint.client, store)
      assert.strictEqual((yield* Effect.flip(evaluator.reload)).problem, "the document has no array \"flags\"")
      assert.deepStrictEqual(resolved(evaluator), ["one"])
      assert.isTrue((yield* evaluator.status).stale)
    }))

  it.scoped("a store that throws when it is read does not keep an application from starting", () =>
    Effect.gen(function*() {
      const store = KeyValueStore.make({
        ...yield* memoryStore,
        get: () => {
          throw new Error("not connected")
        }
      })
      const evaluator = yield* start(makeEndpoint(ok(document(["one"]))).client, store)
      yield* evaluator.reload
      assert.deepStrictEqual(resolved(evaluator), ["one"])
    }))

  it.scopedLive("a copy is not taken for what a file has in it now", () =>
    Effect.gen(function*() {
      const fileSystem = yield* FileSystem.FileSystem
      const path = yield* fileSystem.makeTempFileScoped()
      const store = yield* memoryStore
      const evaluatorOfFile = evaluatorOver(
        DefinitionsSource.layerPersisted(DefinitionsSource.layerFile(path)).pipe(
          Layer.provide(Layer.succeed(KeyValueStore.KeyValueStore, store)),
          Layer.provide(PostHogConfig.layer(options()))
        ),
        { definitions: { pollInterval: "1 hour" } }
      )
      yield* fileSystem.writeFileString(path, JSON.stringify(document(["one"])))
      yield* Effect.scoped(Effect.flatMap(evaluatorOfFile, ({ reload }) => reload))
      yield* fileSystem.writeFileString(path, "{}")
      const evaluator = yield* evaluatorOfFile
      const { lines } = yield* logged(Effect.andThen(Effect.flip(evaluator.reload), Effect.flip(evaluator.reload)))
      assert.match(lines.join(), /^WARN Flag definitions could not be loaded/)
      assert.deepStrictEqual(resolved(evaluator), ["one"])
      assert.isTrue((yield* evaluator.status).stale)
    }).pipe(Effect.provide(NodeServices.layer)))

  it.scoped("an application that ends as soon as it is ready leaves its copy all the same", () =>
    Effect.gen(function*() {
      const store = yield* memoryStore
      const endpoint = makeEndpoint(ok(document(["one"])))
      yield* Effect.scoped(Effect.flatMap(start(endpoint.client, store), ({ ready }) => ready))
      assert.strictEqual(yield* Effect.orDie(store.size), 1)
    }))

  it.scoped("an application ends within seconds, though its store hangs", () =>
    Effect.gen(function*() {
      const hanging = Effect.uninterruptible(Effect.never)
      const store = KeyValueStore.makeStringOnly({
        get: () => hanging,
        set: () => hanging,
        remove: () => hanging,
        clear: hanging,
        size: hanging
      })
      const endpoint = makeEndpoint(ok(document(["one"])))
      const life = Effect.scoped(Effect.flatMap(start(endpoint.client, store), ({ ready }) => ready))
      const ended = yield* Effect.forkChild(life, { uninterruptible: "inherit" })
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(ended)
    }))

  it.scoped("two projects keep their copies apart", () =>
    Effect.gen(function*() {
      const store = yield* memoryStore
      const endpoint = makeEndpoint(ok(document(["one"])))
      yield* Effect.scoped(Effect.flatMap(start(endpoint.client, store), ({ reload }) => reload))
      endpoint.answer(status(500))
      const other = yield* start(endpoint.client, store, { apiKey: Redacted.make("phc_other") })
      yield* Effect.ignore(other.reload)
      assert.isTrue(other.evaluate(someone).needsRemote)
    }))

  it.scoped("a large document comes back as it was stored", () =>
    Effect.gen(function*() {
      const store = yield* memoryStore
      const keys = Array.from({ length: 1000 }, (_, index) => `flag-${String(index).padStart(4, "0")}`)
      const endpoint = makeEndpoint(ok(document(keys)))
      yield* Effect.scoped(Effect.flatMap(start(endpoint.client, store), ({ reload }) => reload))
      endpoint.answer(status(500))
      const evaluator = yield* start(endpoint.client, store)
      yield* Effect.ignore(evaluator.reload)
      assert.deepStrictEqual(resolved(evaluator), keys)
    }))

  for (const text of ["", "nonsense", "{}\n{}", "{\"savedAt\":1}\n{\"flags\":[", "{\"savedAt\":1}\n{\"flags\":3}"]) {
    it.scoped(`a damaged copy is passed over: ${JSON.stringify(text)}`, () =>
      Effect.gen(function*() {
        const store = KeyValueStore.makeStringOnly({
          get: () => Effect.succeedSome(text),
          set: () => Effect.die(new Error("the disk is full")),
          remove: () => Effect.never,
          clear: Effect.void,
          size: Effect.succeed(1)
        })
        const endpoint = makeEndpoint(status(500))
        const evaluator = yield* start(endpoint.client, store)
        assert.strictEqual((yield* Effect.flip(evaluator.reload)).httpStatus, 500)
        assert.isTrue(evaluator.evaluate(someone).needsRemote)
        endpoint.answer(ok(document(["one"])))
        yield* evaluator.reload
        assert.deepStrictEqual(resolved(evaluator), ["one"])
      }))
  }

  it.scoped("a store that hangs delays a load by a few seconds at most", () =>
    Effect.gen(function*() {
      const hanging = Effect.uninterruptible(Effect.never)
      const store = KeyValueStore.makeStringOnly({
        get: () => hanging,
        set: () => hanging,
        remove: () => hanging,
        clear: hanging,
        size: hanging
      })
      const endpoint = makeEndpoint(ok(document(["one"])))
      const evaluator = yield* start(endpoint.client, store)
      const loading = yield* Effect.forkChild(evaluator.reload, { uninterruptible: "inherit" })
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(loading)
      assert.deepStrictEqual(resolved(evaluator), ["one"])
    }))

  it.scopedLive("keeps its copy on a disk", () =>
    Effect.gen(function*() {
      const fileSystem = yield* FileSystem.FileSystem
      const directory = yield* fileSystem.makeTempDirectoryScoped()
      const disk = Effect.map(
        Layer.build(KeyValueStore.layerFileSystem(directory)),
        Context.get(KeyValueStore.KeyValueStore)
      )
      const endpoint = makeEndpoint(ok(document(["one"])))
      yield* Effect.scoped(Effect.flatMap(start(endpoint.client, yield* disk), ({ reload }) => reload))
      endpoint.answer({ reset: true })
      const evaluator = yield* start(endpoint.client, yield* disk)
      const { lines } = yield* logged(Effect.ignore(evaluator.reload))
      assert.match(lines.join(), /^WARN Flag definitions could not be loaded/)
      assert.deepStrictEqual(resolved(evaluator), ["one"])
      const [name = ""] = yield* fileSystem.readDirectory(directory)
      assert.match(name, /^flag-definitions-[0-9a-z]+$/)
    }).pipe(Effect.provide(NodeServices.layer)))
})
