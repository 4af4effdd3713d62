// Generated from packages/effect-posthog/test/spool/promiseSpool.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { Fault, PostHogServer } from "@effect-posthog/testkit"
import { assert, describe, it } from "../support/effectVitest.ts"
import { Duration, Effect, Layer } from "effect"
import { PostHogConfigError } from "effect-posthog-4"
import * as EventSpool from "effect-posthog-4/EventSpool"
import * as PostHogPromise from "effect-posthog-4/PostHogPromise"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { temporaryFolder } from "./support.ts"

const silent = { error: () => {}, warn: () => {} }

const make = (options: Partial<PostHogPromise.PromiseOptions>) =>
  Effect.map(
    PostHogServer.PostHogServer,
    ({ url }) => PostHogPromise.make({ apiKey: "phc_test", host: url, logger: silent, ...options })
  )

const filesOf = (directory: string): string =>
  readdirSync(directory).filter((name) => name.endsWith(".events"))
    .map((name) => readFileSync(join(directory, name), "utf8")).join("")

describe("the spool of a client of promises", () => {
  it.live("has on disk what was captured, and leaves it to the next process", () =>
    Effect.gen(function*() {
      const directory = temporaryFolder()
      const { always, awaitEvents, clear } = yield* PostHogServer.PostHogServer
      yield* always("batch", Fault.status(503))
      const first = yield* make({
        spool: { directory },
        events: { shutdownTimeout: "20 millis", maxRetries: 0, retryBase: "1 millis" }
      })
      const id = yield* Effect.promise(() => first.capture({ event: "order placed", distinctId: "ada" }))
      assert.include(filesOf(directory), id ?? "none")
      yield* Effect.promise(() => first.shutdown())
      assert.include(filesOf(directory), id ?? "none")
      yield* clear("batch")
      const second = yield* make({ spool: { directory, durability: "machine" } })
      yield* Effect.promise(() => second.capture({ event: "order paid", distinctId: "ada" }))
      assert.sameMembers((yield* awaitEvents(2)).map(({ event }) => event), ["order placed", "order paid"])
      assert.include(yield* Effect.promise(() => second.spoolStatus()), { recovered: 1, notStored: 0 })
      yield* Effect.promise(() => second.shutdown())
      assert.deepStrictEqual(readdirSync(directory), [])
    }).pipe(Effect.provide(PostHogServer.layer())))

  it.live("keeps events in memory while the folder cannot be written, and says so once", () =>
    Effect.gen(function*() {
      const directory = temporaryFolder()
      writeFileSync(directory, "a file where the folder should be")
      const warnings: Array<string> = []
      const posthog = yield* make({
        spool: { directory },
        logger: { error: () => {}, warn: (message) => void warnings.push(message) }
      })
      for (const event of ["one", "two"]) yield* Effect.promise(() => posthog.capture({ event, distinctId: "ada" }))
      yield* Effect.promise(() => posthog.flush())
      assert.lengthOf(yield* Effect.flatMap(PostHogServer.PostHogServer, ({ events }) => events), 2)
      assert.include(yield* Effect.promise(() => posthog.spoolStatus()), { notStored: 2, bytes: 0 })
      assert.lengthOf(warnings.filter((warning) => warning.includes("EEXIST")), 1)
      yield* Effect.promise(() => posthog.shutdown())
    }).pipe(Effect.provide(PostHogServer.layer())))

  it.live("may be a store of one's own, or none", () =>
    Effect.gen(function*() {
      const stored: Array<string> = []
      const store = Layer.succeed(EventSpool.EventStore, {
        append: (_, events) => Effect.sync(() => events.map(({ event }) => stored.push(event.event))),
        ended: () => Effect.void,
        recover: () => Effect.succeed([]),
        isFull: () => false,
        giveUpOldest: () => undefined,
        horizon: Duration.days(7),
        count: () => {},
        status: Effect.succeed({
          bytes: 7,
          recovered: 0,
          torn: 0,
          corrupt: 0,
          expired: 0,
          overflowed: 0,
          notStored: 0,
          unreadableFiles: 0
        })
      })
      const own = yield* make({ spool: EventSpool.layerStore(store) })
      yield* Effect.promise(() => own.capture({ event: "one", distinctId: "ada" }))
      assert.deepStrictEqual(stored, ["one"])
      assert.strictEqual((yield* Effect.promise(() => own.spoolStatus()))?.bytes, 7)
      yield* Effect.promise(() => own.shutdown())
      const none = yield* make({})
      assert.isUndefined(yield* Effect.promise(() => none.spoolStatus()))
      yield* Effect.promise(() => none.shutdown())
    }).pipe(Effect.provide(PostHogServer.layer())))

  it("refuses at once options that cannot be used", () => {
    const refused: ReadonlyArray<readonly [Partial<PostHogPromise.PromiseOptions>, string]> = [
      [{ spool: { directory: " " } }, "spool.directory"],
      [{ spool: { directory: "events", maxBytes: 1 } }, "spool.maxBytes"],
      [{ spool: { directory: "events", horizon: 0 } }, "spool.horizon"],
      [{ spool: { directory: "events" }, runtime: "worker" }, "spool"]
    ]
    for (const [options, option] of refused) {
      try {
        PostHogPromise.make({ apiKey: "phc_test", ...options })
        assert.fail("it was made")
      } catch (error) {
        assert.strictEqual(error instanceof PostHogConfigError ? error.option : error, option)
      }
    }
  })
})
