import { Outbox, OutboxError } from "@effect-posthog/sql"
import { FetchHttpClient } from "@effect/platform"
import { LibsqlClient } from "@effect/sql-libsql"
import * as SqlClient from "@effect/sql/SqlClient"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { EventQueue, EventTransport, PostHog, PostHogConfig } from "effect-posthog"
import type { EventBatch, PostHogEvent, SendOutcome } from "effect-posthog"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Function from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { randomUUID } from "node:crypto"
import { makeSafeInsert } from "../src/internal/outboxInsert.ts"
import { makeDatabases } from "./support/databases.ts"
import {
  eventually,
  makeLog,
  makeTransport,
  newTable,
  openOutbox,
  passTime,
  startOutbox,
  tallyOutbox
} from "./support/outbox.ts"
import { noteMissing } from "./support/tally.ts"

const { all: databases, close } = makeDatabases()

afterAll(close)

const limit = 120_000

const names = (batches: ReadonlyArray<EventBatch>) => batches.flatMap(({ events }) => events.map(({ event }) => event))

const uuids = (batches: ReadonlyArray<EventBatch>) => batches.flatMap(({ events }) => events.map(({ uuid }) => uuid))

const isEmpty = (status: Effect.Effect.Success<typeof Outbox.status>) => status.depth === 0

const captureAll = (...events: ReadonlyArray<string>) =>
  Effect.forEach(events, (event) => Outbox.capture({ distinctId: "ada", event }))

for (const { client, missing, name } of databases) {
  const suite = missing === undefined ? describe.sequential : describe.skip
  suite(`Outbox on ${name}`, () => {
    it.scoped(
      "delivers what was committed, as the queue would have sent it, and never what was rolled back",
      () =>
        Effect.gen(function*() {
          const { run, service, sql, transport } = yield* openOutbox(client, {
            options: { properties: { tier: "gold" }, events: { beforeSend: (event) => event } }
          })
          const orders = newTable()
          yield* sql`create table ${sql(orders)} (id integer)`
          const order = (id: number, fails: boolean) =>
            Effect.gen(function*() {
              yield* sql`insert into ${sql(orders)} (id) values (${id})`
              const uuid = yield* Outbox.capture({ distinctId: "ada", event: `order ${id}`, properties: { id } })
              if (fails) return yield* Effect.fail("rolled back")
              return uuid
            }).pipe(sql.withTransaction)
          const kept = yield* run(order(1, false))
          const undone = yield* run(Effect.exit(order(2, true)))
          assert.isTrue(Option.isSome(kept) && Exit.isFailure(undone))
          yield* run(Outbox.capture({ distinctId: "ada", event: "without a transaction" }))
          yield* eventually(Effect.map(service.status, isEmpty))
          assert.sameMembers(names(transport.batches), ["order 1", "without a transaction"])
          yield* tallyOutbox("a transaction that is rolled back, beside one that is not", name, 2, service, transport)
          const [sent] = transport.batches.flatMap(({ events }) => events).filter(({ event }) => event === "order 1")
          assert.strictEqual(sent?.uuid, Option.getOrThrow(kept))
          const prepared = yield* run(
            Effect.flatMap(
              EventQueue,
              ({ prepare }) => prepare({ event: "order 1", distinctId: "ada", properties: { id: 1 } })
            )
          )
          assert.deepStrictEqual(sent?.properties, prepared._tag === "Prepared" ? prepared.event.properties : {})
          assert.strictEqual(sent?.properties["tier"], "gold")
          const rows = yield* sql`select id from ${sql(orders)}`
          assert.deepStrictEqual(rows.map(({ id }) => Number(id)), [1])
        }),
      limit
    )

    it.scoped("stores events as they are, whatever their texts hold", () =>
      Effect.gen(function*() {
        const { run, sql, transport } = yield* openOutbox(client, { outbox: { relay: false } })
        const texts = [
          "'; drop table x; --",
          "\\",
          "\\'",
          "'\\''",
          "$1 ? :a",
          "line\nline\r\u2028",
          "\u0000",
          "\ud83d\ude00 é",
          "\ud800",
          "E'"
        ]
        const properties = Object.fromEntries(texts.map((text) => [text, text]))
        for (const [index, event] of texts.entries()) {
          const capture = Outbox.capture({ distinctId: event, event, properties })
          assert.isTrue(Option.isSome(yield* run(index % 2 === 0 ? sql.withTransaction(capture) : capture)))
          assert.isTrue(Option.isSome(yield* run(sql.withTransaction(capture))))
        }
        const expected = yield* run(Effect.flatMap(EventQueue, ({ prepare }) =>
          Effect.forEach(texts, (event) =>
            prepare({ event, distinctId: event, properties }))))
        yield* run(Outbox.drain)
        const content = ({ distinctId, event, properties }: PostHogEvent) => ({ distinctId, event, properties })
        assert.sameDeepMembers(
          transport.batches.flatMap(({ events }) =>
            events.map(content)
          ),
          expected.flatMap((prepared) =>
            prepared._tag === "Prepared" ? [content(prepared.event), content(prepared.event)] : []
          )
        )
      }), limit)

    it.scoped(
      "lets the transaction go on without an event that cannot be inserted, and fails it when strict",
      () =>
        Effect.gen(function*() {
          const log = makeLog()
          const { run, sql } = yield* openOutbox(client, { outbox: { createTable: false, relay: false } })
          const orders = newTable()
          yield* sql`create table ${sql(orders)} (id integer)`
          const insert = (id: number) => sql`insert into ${sql(orders)} (id) values (${id})`
          const answers = yield* run(
            insert(1).pipe(
              Effect.zipRight(Effect.all([
                Outbox.capture({ distinctId: "ada", event: "lost" }),
                Outbox.capture({ distinctId: "ada", event: "lost as well" })
              ], { concurrency: 2 })),
              Effect.zipLeft(insert(2)),
              sql.withTransaction,
              Effect.provide(log.layer)
            )
          )
          assert.isTrue(answers.every(Option.isNone))
          assert.strictEqual(log.lines.filter((line) => line.includes("is lost")).length, 1)
          const error = yield* Effect.flip(run(
            insert(3).pipe(
              Effect.zipRight(Outbox.strict.capture({ distinctId: "ada", event: "secret event" })),
              sql.withTransaction
            )
          ))
          assert.instanceOf(error, OutboxError)
          assert.notInclude(`${error.message} ${JSON.stringify(error)}`, "secret")
          const rows = yield* sql`select id from ${sql(orders)} order by id`
          assert.deepStrictEqual(rows.map(({ id }) => Number(id)), [1, 2])
          const invalid = yield* Effect.flip(run(Outbox.strict.identify({ distinctId: "" })))
          assert.strictEqual(invalid._tag, "InvalidEventError")
        }),
      limit
    )

    it.scoped(
      "parks the refused event of a batch, delivers the others, and sends parked events again on demand",
      () =>
        Effect.gen(function*() {
          let refuses = true
          const { run, service, transport } = yield* openOutbox(client, {
            answer: ({ events }) =>
              Effect.succeed<SendOutcome>(
                refuses && events.some(({ event }) => event === "bad")
                  ? { _tag: "Rejected", details: "api_error_400: no", narrowable: true }
                  : { _tag: "Delivered" }
              )
          })
          const good = Array.from({ length: 9 }, (_, index) => `good ${index}`)
          yield* run(captureAll(...good.slice(0, 5), "bad", ...good.slice(5)))
          yield* eventually(Effect.map(service.status, isEmpty))
          const parked = yield* run(Outbox.parked())
          assert.deepStrictEqual(
            parked.map(({ event, problem }) => [Option.getOrThrow(event).event, problem]),
            [["bad", "Rejected: api_error_400: no"]]
          )
          assert.strictEqual((yield* service.status).parked, 1)
          yield* tallyOutbox("a refused event among others", name, 10, service, transport)
          refuses = false
          yield* run(Outbox.retryParked(parked.map(({ id }) => id)))
          yield* eventually(Effect.map(service.status, isEmpty))
          assert.includeMembers(names(transport.batches.slice(-1)), ["bad"])
          assert.deepStrictEqual(yield* run(Outbox.parked()), [])
        }),
      limit
    )

    it.scoped(
      "goes on when rows were edited, are of a newer version, or cannot be delivered, and says so once",
      () =>
        Effect.gen(function*() {
          const log = makeLog()
          const { sql, table, ...capturing } = yield* openOutbox(client, { outbox: { relay: false } })
          yield* capturing.run(
            captureAll("not json", "no event", "route", "newer", "attempts", "poison", "good", "fine")
          )
          const like = (event: string) => `%"event":"${event}"%`
          yield* sql`update ${sql(table)} set body = ${"{"} where body like ${like("not json")}`
          yield* sql`update ${sql(table)} set body = ${"[1]"} where body like ${like("no event")}`
          yield* sql`update ${sql(table)} set route = ${"moon"} where body like ${like("route")}`
          yield* sql`update ${sql(table)} set version = 9, body = ${"?"} where body like ${like("newer")}`
          yield* sql`update ${sql(table)} set attempts = -5, created_at = 0 where body like ${like("attempts")}`
          yield* TestClock.setTime(1_800_000_000_000)
          const { run, service, transport } = yield* Effect.provide(
            openOutbox(client, {
              outbox: { table, horizon: "36500 days" },
              answer: ({ events }) =>
                Effect.succeed<SendOutcome>(
                  events.some(({ event }) => event === "poison")
                    ? { _tag: "Retry", details: "timeout" }
                    : { _tag: "Delivered" }
                )
            }),
            log.layer
          )
          yield* eventually(Effect.map(service.status, ({ depth }) => depth === 1))
          yield* passTime(40)
          assert.sameMembers([...new Set(names(transport.batches))], ["attempts", "poison", "good", "fine"])
          assert.strictEqual((yield* service.status).newer, 1)
          const parked = yield* run(Outbox.parked())
          assert.sameMembers(parked.map(({ problem }) => problem), [
            "Unreadable: the body is not JSON",
            "Unreadable: the body is not an event",
            "Unreadable: the route is unknown"
          ])
          const said = (words: string) => log.lines.filter((line) => line.includes(words)).length
          assert.strictEqual(said("rows that it cannot read: 3"), 1)
          assert.strictEqual(said("leaves 1 event to a newer version"), 1)
          assert.isAtLeast(said("cannot deliver events"), 1)
          yield* tallyOutbox(
            "rows edited by hand, one of a newer version, and a poisoned event",
            name,
            8,
            service,
            transport
          )
        }),
      limit
    )

    it.scoped(
      "leaves PostHog alone for as long as Retry-After asks, and waits an outage out",
      () =>
        Effect.gen(function*() {
          let isAway = true
          const times: Array<number> = []
          const { run, service, transport } = yield* openOutbox(client, {
            answer: () =>
              Effect.map(Effect.clock, (clock): SendOutcome => {
                times.push(clock.unsafeCurrentTimeMillis())
                return isAway
                  ? { _tag: "Retry", details: "api_error_503", retryAfter: Duration.seconds(120) }
                  : { _tag: "Delivered" }
              })
          })
          yield* run(captureAll("one", "two"))
          yield* eventually(Effect.sync(() => times.length >= 1))
          yield* eventually(Effect.sync(() => times.length >= 2), 5000)
          assert.isAtLeast((times[1] ?? 0) - (times[0] ?? 0), 120_000)
          isAway = false
          yield* eventually(Effect.map(service.status, isEmpty))
          assert.sameMembers([...new Set(names(transport.batches))], ["one", "two"])
          yield* tallyOutbox("an outage with Retry-After", name, 2, service, transport)
        }),
      limit
    )

    it.scoped(
      "parks what has waited beyond the horizon, and keeps a bounded number of parked events",
      () =>
        Effect.gen(function*() {
          const { table, ...capturing } = yield* openOutbox(client, { outbox: { relay: false } })
          yield* capturing.run(captureAll("one", "two", "three"))
          yield* TestClock.adjust("8 days")
          yield* capturing.run(captureAll("fresh"))
          const { run, service, transport } = yield* openOutbox(client, {
            outbox: { table, maxParked: 2, statusInterval: "5 seconds" }
          })
          yield* eventually(Effect.map(service.status, ({ depth, parked }) => depth === 0 && parked === 2))
          assert.deepStrictEqual(names(transport.batches), ["fresh"])
          assert.deepStrictEqual((yield* run(Outbox.parked())).map(({ problem }) => problem), ["Expired", "Expired"])
          yield* tallyOutbox("events beyond the horizon, with room for two parked ones", name, 4, service, transport)
          yield* run(Outbox.discardParked())
          assert.deepStrictEqual(yield* run(Outbox.parked()), [])
        }),
      limit
    )

    it.scoped(
      "lets one relay take over from another that stalls beyond its lease, and keeps that one from interfering",
      () =>
        Effect.gen(function*() {
          const { sql, table, ...capturing } = yield* openOutbox(client, { outbox: { relay: false } })
          yield* capturing.run(captureAll("one", "two", "three"))
          const answers = yield* Effect.all([Deferred.make<SendOutcome>(), Deferred.make<SendOutcome>()])
          const { transport: stalled } = yield* openOutbox(client, {
            outbox: { table },
            answer: () => Deferred.await(answers[0])
          })
          yield* eventually(Effect.sync(() => stalled.batches.length === 1))
          const { service, transport: other } = yield* openOutbox(client, {
            outbox: { table },
            answer: () => Deferred.await(answers[1])
          })
          yield* passTime(30)
          assert.deepStrictEqual(other.batches, [])
          yield* eventually(Effect.sync(() => other.batches.length === 1), 5000)
          assert.sameMembers(uuids(other.batches), uuids(stalled.batches))
          // What the first one finds out now is about rows that it no longer holds.
          const [first = "", second = ""] = uuids(stalled.batches)
          yield* Deferred.succeed(answers[0], { _tag: "Delivered", dropped: [{ id: first }], retry: [second] })
          yield* passTime(5)
          assert.deepInclude(yield* service.status, { depth: 3, parked: 0 })
          const rows = yield* sql`select attempts from ${sql(table)}`
          assert.deepStrictEqual(rows.map(({ attempts }) => Number(attempts)), [0, 0, 0])
          yield* Deferred.succeed(answers[1], { _tag: "Delivered" })
          yield* eventually(Effect.map(service.status, isEmpty))
          assert.strictEqual((yield* service.status).parked, 0)
          yield* tallyOutbox("two relays, one of which stalls beyond its lease", name, 3, service, stalled, other)
        }),
      limit
    )

    it.scoped("has two relays at once deliver each event once", () =>
      Effect.gen(function*() {
        const { sql, table, ...capturing } = yield* openOutbox(client, { outbox: { relay: false } })
        const events = Array.from({ length: 120 }, (_, index) => `event ${index}`)
        yield* capturing.run(sql.withTransaction(captureAll(...events)))
        const transport = makeTransport()
        const setup = { outbox: { table, claimSize: 7 }, transport: transport.layer }
        yield* startOutbox(sql, setup)
        const { service } = yield* startOutbox(sql, setup)
        yield* eventually(Effect.map(service.status, isEmpty))
        assert.sameMembers(names(transport.batches), events)
        yield* tallyOutbox("two relays at once", name, 120, service, transport)
      }), limit)

    it.scoped("keeps what it has taken for as long as it goes on sending", () =>
      Effect.gen(function*() {
        const { table, ...capturing } = yield* openOutbox(client, { outbox: { relay: false } })
        const events = Array.from({ length: 9 }, (_, index) => `event ${index}`)
        yield* capturing.run(captureAll(...events))
        // Nine requests of 15 seconds outlast the lease of a minute.
        const { transport: slow } = yield* openOutbox(client, {
          outbox: { table },
          answer: () => Effect.sleep("15 seconds"),
          options: { events: { maxBatchSize: 1 } }
        })
        yield* eventually(Effect.sync(() => slow.batches.length === 1))
        const { service, transport: other } = yield* openOutbox(client, { outbox: { table } })
        yield* eventually(Effect.map(service.status, isEmpty), 3000)
        assert.sameMembers(names(slow.batches), events)
        assert.deepStrictEqual(other.batches, [])
        yield* tallyOutbox(
          "a relay that sends for longer than its lease, beside another",
          name,
          9,
          service,
          slow,
          other
        )
      }), limit)

    it.scoped(
      "sends what waits for a time that the clock, set back, will not reach for long",
      () =>
        Effect.gen(function*() {
          const log = makeLog()
          yield* TestClock.setTime(1_800_000_000_000)
          const { run, service, sql, table, transport } = yield* Effect.provide(
            openOutbox(client, {
              outbox: { statusInterval: "5 seconds" },
              answer: (_, attempts) =>
                Effect.succeed<SendOutcome>(
                  attempts === 1 ? { _tag: "Retry", details: "timeout" } : { _tag: "Delivered" }
                )
            }),
            log.layer
          )
          yield* run(captureAll("one"))
          yield* eventually(Effect.sync(() => transport.batches.length === 1))
          yield* eventually(
            Effect.map(sql`select id from ${sql(table)} where attempts = 1`, ({ length }) => length === 1),
            0
          )
          yield* sql`update ${sql(table)} set available_at = available_at + 86400000`
          yield* eventually(Effect.map(service.status, isEmpty), 5000)
          assert.strictEqual(log.lines.filter((line) => line.includes("the clock was set back")).length, 1)
          yield* tallyOutbox("a clock that was set back by a day", name, 1, service, transport)
        }),
      limit
    )

    it.scoped("hands back what it holds when its scope closes", () =>
      Effect.gen(function*() {
        const scope = yield* Scope.make()
        const { run, service, sql, table, transport } = yield* Scope.extend(
          openOutbox(client, {
            answer: () => Effect.never,
            options: { events: { shutdownTimeout: "1 second" } }
          }),
          scope
        )
        yield* run(captureAll("one", "two"))
        yield* eventually(Effect.sync(() => transport.batches.length === 1))
        const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
        yield* eventually(Effect.map(closing.status, ({ _tag }) => _tag === "Done"))
        const rows = yield* sql`select available_at from ${sql(table)}`
        assert.deepStrictEqual(rows.map((row) => Number(row["available_at"])), [0, 0])
        yield* tallyOutbox("a close in the middle of a stalled request", name, 2, service, transport)
      }), limit)

    it.scoped(
      "sends events of one uuid in requests of their own, and keeps projects apart",
      () =>
        Effect.gen(function*() {
          const sql = yield* client
          const table = newTable()
          const transports = [makeTransport(), makeTransport()]
          const outboxes = yield* Effect.forEach(
            transports,
            ({ layer }, index) =>
              startOutbox(sql, { outbox: { table, relay: false }, transport: layer, project: `phc_${index}` })
          )
          const uuid = randomUUID()
          for (const [index, { run }] of outboxes.entries()) {
            yield* run(Outbox.capture({ distinctId: "ada", event: `first of ${index}`, uuid }))
            yield* run(Outbox.capture({ distinctId: "ada", event: `second of ${index}`, uuid: uuid.toUpperCase() }))
          }
          for (const { run } of outboxes) yield* run(Outbox.drain)
          for (const [index, { names }] of transports.entries()) {
            assert.sameDeepMembers(names.map((batch) => [...batch]), [[`first of ${index}`], [`second of ${index}`]])
          }
        }),
      limit
    )

    it.scopedLive(
      "has migrations as text, as an effect and for a migrator, under any name",
      () =>
        Effect.gen(function*() {
          const sql = yield* client
          const dialect = sql.onDialectOrElse({
            pg: () => "pg" as const,
            mysql: () => "mysql" as const,
            orElse: () => "sqlite" as const
          })
          const schema = `Schema of ${randomUUID()}`
          const prefix = dialect === "pg" ? `${schema}.` : ""
          if (dialect === "pg") yield* sql`create schema ${sql(schema)}`
          const tables = [1, 2, 3].map(() => `${prefix}The "outbox" ${randomUUID()}`)
          const [byText = "", byEffect = "", byMigrator = ""] = tables
          for (const statement of Outbox.migrationSql(byText, dialect).split(";\n").filter((text) => text !== "")) {
            yield* sql.unsafe(statement)
          }
          yield* Effect.provideService(Outbox.migration(byEffect), SqlClient.SqlClient, sql)
          for (const [, , load] of yield* Outbox.migrations(byMigrator)) {
            const migration: Effect.Effect<unknown, unknown, SqlClient.SqlClient> = Effect.flatten(load)
            yield* Effect.provideService(migration, SqlClient.SqlClient, sql)
          }
          for (const table of tables) {
            const transport = makeTransport()
            const { run } = yield* startOutbox(sql, {
              outbox: { table, createTable: false, relay: false },
              transport: transport.layer
            })
            yield* run(captureAll("one"))
            yield* run(Outbox.drain)
            assert.deepStrictEqual(names(transport.batches), ["one"])
          }
        }),
      limit
    )

    it.scopedLive(
      "creates its table, however many instances start at once, and takes every other capturing function",
      () =>
        Effect.gen(function*() {
          const sql = yield* client
          const table = `Outbox of ${randomUUID()}`
          const all = yield* Effect.all(
            Array.from({ length: 6 }, () => startOutbox(sql, { outbox: { table, relay: false } })),
            { concurrency: "unbounded" }
          )
          for (const { run } of all) yield* run(captureAll("one"))
          const transport = makeTransport()
          const { run } = yield* startOutbox(sql, { outbox: { table, relay: false }, transport: transport.layer })
          yield* run(Effect.all([
            Outbox.identify({ distinctId: "ada", set: { plan: "pro" } }),
            Outbox.alias({ distinctId: "ada", alias: "ada-2" }),
            Outbox.groupIdentify({ groupType: "company", groupKey: "acme" }),
            Outbox.setPersonProperties({ distinctId: "ada", set: { plan: "pro" } }),
            Outbox.captureAi({ distinctId: "ada", event: "$ai_generation" })
          ]))
          yield* run(Outbox.drain)
          assert.sameMembers(names(transport.batches), [
            ...all.map(() => "one"),
            "$identify",
            "$create_alias",
            "$groupidentify",
            "$set",
            "$ai_generation"
          ])
          assert.sameMembers(
            transport.batches.filter(({ route }) => route === "ai").flatMap(({ events }) => events.map((e) => e.event)),
            ["$ai_generation"]
          )
        }),
      limit
    )
  })
}

it.scoped("without a database or a project, events go to the queue or nowhere", () =>
  Effect.gen(function*() {
    const capture = Outbox.capture({ distinctId: "ada", event: "one" })
    const queued = yield* Effect.gen(function*() {
      const id = yield* capture
      const { counts } = yield* EventQueue
      return [Option.isSome(id), (yield* counts).accepted]
    }).pipe(
      Effect.provide(Outbox.layerQueue.pipe(
        Layer.provideMerge(Layer.provide(EventQueue.layer, EventTransport.layerNoop)),
        Layer.provide(PostHogConfig.layer({ apiKey: Redacted.make("phc_test") }))
      ))
    )
    assert.deepStrictEqual(queued, [true, 1])
    const disabled = Outbox.layer.pipe(
      Layer.provide(PostHog.layerDisabled),
      Layer.provide(FetchHttpClient.layer),
      Layer.provide(LibsqlClient.layer({ url: ":memory:" }))
    )
    assert.isTrue(Option.isNone(yield* Effect.provide(capture, disabled)))
  }))

it.effect("a Postgres that stands still while the layer is built is asked for so long what it can do", () =>
  Effect.gen(function*() {
    const stalled = { unsafe: () => Effect.uninterruptible(Effect.never), withTransaction: Function.identity }
    const table = { dialect: "pg", insert: () => Effect.void, insertText: () => "" } as const
    const making = yield* Effect.fork(makeSafeInsert(stalled as never, table, Duration.seconds(5)))
    yield* TestClock.adjust("5 seconds")
    const insert = yield* Fiber.join(making)
    yield* insert({ id: "1", route: "analytics", body: "{}", createdAt: 0 })
  }))

for (const { missing } of databases) {
  if (missing === undefined) continue
  noteMissing(missing)
  it.skip(missing, () => {})
}
