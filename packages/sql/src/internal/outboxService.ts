import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { OfferResult } from "effect-posthog"
import type { SendOnce } from "effect-posthog/EventDelivery"
import type { EventDraft } from "effect-posthog/EventDraft"
import type { EventIdSource } from "effect-posthog/EventIds"
import type { EventQueue } from "effect-posthog/EventQueue"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import type * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { epochMillis } from "./epochMillis.ts"
import { makeSafeInsert, TransactionEnded } from "./outboxInsert.ts"
import { counters, outboxDepth, outboxOldest, outboxParked } from "./outboxMetrics.ts"
import { longestWait, makeRelay } from "./outboxRelay.ts"
import { makeOutboxTable } from "./outboxTable.ts"
import type { OutboxTable, Totals } from "./outboxTable.ts"
import { codeOf, describeFailure } from "./sqlFailure.ts"
import { makeWarnings } from "./warnings.ts"
import type { Warn } from "./warnings.ts"

/** How long the layer waits for its table. */
const creating = Duration.seconds(5)

/** How long a relay that closes waits for the database. */
const letting = Duration.seconds(3)

/** The longest time between two looks at a database that fails. */
const longestPause = 30_000

type Queue = Context.Tag.Service<EventQueue>

/** @internal */
export interface OutboxSettings {
  readonly table: string
  readonly project: string
  readonly createTable: boolean
  readonly relay: boolean
  readonly claimSize: number
  readonly maxBatchSize: number
  readonly maxParked: number
  readonly leaseMillis: number
  readonly horizonMillis: number
  readonly pollMillis: number
  readonly statusMillis: number
  readonly requestMillis: number
  readonly retryBaseMillis: number
  readonly shutdownTimeout: Duration.Duration
}

/** @internal */
export interface OutboxParts {
  readonly client: SqlClient.SqlClient
  readonly queue: Queue
  readonly send: SendOnce
  readonly ids: EventIdSource
}

const ageOf = (now: number, { oldestAt }: Totals): number => oldestAt === undefined ? 0 : Math.max(0, now - oldestAt)

const tableUnusable = (error: SqlError, table: string): string =>
  `The outbox cannot use its table ${JSON.stringify(table)}: ${describeFailure(codeOf(error))}`

const some = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`

/** Creates the table; what keeps it from that matters only where the table is missing. */
const makeCreate = (table: OutboxTable, { createTable, table: name }: OutboxSettings, warn: Warn) => {
  let isCreated = !createTable
  // Of two instances that create it at the same time, Postgres lets one fail.
  const create = Effect.retry(table.create, { times: 3 }).pipe(
    Effect.catchAll(() => table.totals),
    Effect.matchEffect({
      onSuccess: () =>
        Effect.sync(() => {
          isCreated = true
        }),
      onFailure: (error) => Effect.flatMap(epochMillis, (now) => warn("table", tableUnusable(error, name), now))
    })
  )
  return Effect.suspend(() => isCreated ? Effect.void : create)
}

/** How events get into the table. */
const makeOffers = (
  { ids, queue }: OutboxParts,
  table: OutboxTable,
  insertSafely: OutboxTable["insert"],
  warn: Warn
) => {
  const offerWith =
    <E>(insert: (row: Parameters<OutboxTable["insert"]>[0]) => Effect.Effect<void, E>) =>
    (draft: EventDraft): Effect.Effect<OfferResult, E> =>
      Effect.flatMap(queue.prepare(draft), (prepared) => {
        if (prepared._tag === "Rejected") return Effect.succeed(prepared)
        return Effect.flatMap(epochMillis, (now) =>
          Effect.map(
            insert({
              id: ids.make(now),
              route: prepared.route,
              body: JSON.stringify(prepared.event),
              createdAt: now
            }),
            (): OfferResult => {
              counters.captured(1)
              return { _tag: "Accepted", id: prepared.event.uuid }
            }
          ))
      })

  const lost = (code: string | undefined): Effect.Effect<OfferResult> =>
    Effect.flatMap(epochMillis, (now) => {
      counters.lost(1)
      return Effect.as(
        warn("lost", `An event did not get into the outbox and is lost: ${describeFailure(code)}`, now),
        { _tag: "Rejected", reason: "Closed" }
      )
    })

  const strictly = offerWith(table.insert)
  const safely = offerWith(insertSafely)
  return {
    insert: strictly,
    // Nothing that goes wrong here is the caller's problem, the loss of the connection included.
    offer: (draft: EventDraft): Effect.Effect<OfferResult> =>
      Effect.catchAllCause(safely(draft), (cause) => {
        if (Cause.isInterrupted(cause)) return Effect.interrupt
        if (Chunk.some(Cause.defects(cause), (defect) => defect instanceof TransactionEnded)) {
          return Effect.die(new TransactionEnded())
        }
        const failure = Cause.failureOption(cause)
        return lost(failure._tag === "Some" ? codeOf(failure.value) : undefined)
      })
  }
}

/**
 * The outbox: what inserts, the relay, and what looks after the table.
 *
 * @internal
 */
export const makeOutboxService = (
  parts: OutboxParts,
  settings: OutboxSettings
) =>
  Effect.gen(function*() {
    const { client, ids, send } = parts
    const { leaseMillis, maxParked, pollMillis, relay: hasRelay, shutdownTimeout, statusMillis } = settings
    const warn = makeWarnings("Outbox")
    const table = makeOutboxTable(client, settings.table, settings.project)
    const create = makeCreate(table, settings, warn)
    const newRelay = () => makeRelay({ counters, ids, send, settings, table, warn })

    const measure = Effect.gen(function*() {
      const totals = yield* table.totals
      const now = yield* epochMillis
      outboxDepth.unsafeUpdate(totals.depth, [])
      outboxOldest.unsafeUpdate(ageOf(now, totals) / 1000, [])
      outboxParked.unsafeUpdate(totals.parked, [])
      return { ...totals, now }
    })

    let knownNewer = 0
    const lookAfter = Effect.gen(function*() {
      const { newer, now, parked } = yield* measure
      const isNews = newer > knownNewer
      knownNewer = newer
      if (isNews) {
        yield* warn(
          "newer",
          `The outbox leaves ${some(newer, "event")} to a newer version of this library, which stored them`,
          now
        )
      }
      const recalled = yield* table.recall(now + Math.max(longestWait, 2 * leaseMillis))
      if (recalled > 0) {
        yield* warn(
          "recalled",
          `The outbox recalled ${
            some(recalled, "event")
          } from too long a wait: the clock was set back, or rows were edited`,
          now
        )
      }
      if (parked > maxParked) {
        yield* table.discardOldestParked(parked - maxParked)
        counters.discarded(parked - maxParked)
        yield* warn(
          "discarded",
          `The outbox deleted ${some(parked - maxParked, "parked event")}, the oldest: it keeps ${maxParked}`,
          now
        )
      }
    })

    const looking = Effect.forever(
      Effect.zipRight(
        // The relay says what is wrong with the database.
        Effect.catchAllCause(lookAfter, () => Effect.void),
        Effect.sleep(statusMillis)
      )
    )

    const work = (relay: ReturnType<typeof makeRelay>, closing: Deferred.Deferred<void>): Effect.Effect<void> => {
      let isClosing = false
      let failures = 0
      const failed = (cause: Cause.Cause<SqlError>) =>
        Effect.flatMap(epochMillis, (now) => {
          failures++
          const failure = Cause.failureOption(cause)
          const code = failure._tag === "Some" ? codeOf(failure.value) : undefined
          return Effect.as(
            warn("database", `The outbox cannot relay events: ${describeFailure(code)}`, now),
            Math.min(pollMillis * 2 ** Math.min(failures, 20), Math.max(pollMillis, longestPause))
          )
        })
      const step = Effect.zipRight(create, relay.step(() => isClosing)).pipe(
        Effect.map(({ more, pause }) => {
          failures = 0
          return pause > 0 ? pause : more ? 0 : pollMillis
        }),
        Effect.catchAllCause((cause) => Cause.isInterruptedOnly(cause) ? Effect.interrupt : failed(cause))
      )
      const loop: Effect.Effect<void> = Effect.flatMap(step, (wait) => {
        if (isClosing) return Effect.void
        if (wait === 0) return Effect.zipRight(Effect.yieldNow(), loop)
        return Effect.zipRight(Effect.timeoutOption(Deferred.await(closing), wait), loop)
      })
      const watch = Effect.map(Deferred.await(closing), () => {
        isClosing = true
      })
      return Effect.scoped(
        Effect.zipRight(Effect.forkScoped(watch), Effect.suspend(() => isClosing ? Effect.void : loop))
      )
    }

    const startRelay: Effect.Effect<void, never, Scope.Scope> = Effect.gen(function*() {
      const relay = newRelay()
      const closing = yield* Deferred.make<void>()
      yield* Effect.forkScoped(Effect.interruptible(looking))
      const fiber = yield* Effect.forkScoped(Effect.interruptible(work(relay, closing)))
      // The request that is on its way may end; the rest goes back.
      yield* Effect.addFinalizer(() =>
        Deferred.succeed(closing, undefined).pipe(
          Effect.zipRight(Effect.timeoutOption(Effect.interruptible(Fiber.await(fiber)), shutdownTimeout)),
          Effect.zipRight(
            Effect.timeoutOption(Effect.disconnect(Effect.interruptible(Fiber.interrupt(fiber))), letting)
          ),
          Effect.zipRight(
            Effect.timeoutOption(Effect.disconnect(Effect.interruptible(Effect.ignore(relay.release))), letting)
          )
        )
      )
    })

    yield* Effect.timeoutOption(Effect.disconnect(create), creating)
    const insertSafely = yield* makeSafeInsert(client, table, creating)
    if (hasRelay) yield* startRelay

    const drainWith = (relay: ReturnType<typeof makeRelay>): Effect.Effect<void, SqlError> =>
      Effect.flatMap(relay.step(() => false), ({ more, pause }) => more && pause === 0 ? drainWith(relay) : Effect.void)

    return {
      ...makeOffers(parts, table, insertSafely, warn),
      table,
      totals: measure,
      drain: Effect.zipRight(
        create,
        Effect.suspend(() => {
          const relay = newRelay()
          return Effect.onInterrupt(drainWith(relay), () => Effect.ignore(relay.release))
        })
      )
    }
  })
