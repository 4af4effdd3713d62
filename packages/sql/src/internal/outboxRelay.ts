import type { SqlError } from "@effect/sql/SqlError"
import type { SendOnce } from "effect-posthog/EventDelivery"
import type { EventIdSource } from "effect-posthog/EventIds"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import { epochMillis } from "./epochMillis.ts"
import { readRow, requestsOf } from "./outboxEvents.ts"
import type { Request, Waiting } from "./outboxEvents.ts"
import type { OutboxCounters } from "./outboxMetrics.ts"
import type { Claim, OutboxTable } from "./outboxTable.ts"
import type { Warn } from "./warnings.ts"

/** The longest time between two attempts to send one event, or between two of a relay; the second is jittered too. */
const longestEventDelay = 10 * 60_000
const longestPause = 30_000

/** The longest time for which `Retry-After` is obeyed. */
const longestRetryAfter = 10 * 60_000

/**
 * No row waits for longer than this, or than the lease.
 *
 * @internal
 */
export const longestWait = 2 * longestEventDelay

/** What a lease has to last for beyond the limit of a request. */
const graceMillis = 5000

/** How long what became of events is tried to be written down. */
const settling = Schedule.intersect(Schedule.exponential("200 millis"), Schedule.recurs(5))

interface RelaySettings {
  readonly claimSize: number
  readonly maxBatchSize: number
  readonly leaseMillis: number
  readonly horizonMillis: number
  readonly requestMillis: number
  readonly retryBaseMillis: number
}

interface RelayParts {
  readonly table: OutboxTable
  readonly send: SendOnce
  readonly ids: EventIdSource
  readonly counters: OutboxCounters
  readonly warn: Warn
  readonly settings: RelaySettings
}

/**
 * What one step of the relay found.
 *
 * @internal
 */
export interface Step {
  /** The table may hold more that is due. */
  readonly more: boolean
  /** How long PostHog is to be left alone, in milliseconds. */
  readonly pause: number
}

type Problems = Map<string, Array<string>>

const note = (problems: Problems, problem: string, id: string): void => {
  const known = problems.get(problem)
  if (known === undefined) problems.set(problem, [id])
  else known.push(id)
}

const backoff = (base: number, times: number, longest: number, random: number): number =>
  Math.ceil(Math.min(base * 2 ** Math.min(times, 30), longest) * (1 + 0.25 * random))

/**
 * Takes events out of the table and sends them, one step at a time. Events are held by a lease while they are sent and no
 * transaction is open. What was delivered is deleted, what was refused is parked, and the rest waits.
 *
 * @internal
 */
export const makeRelay = ({ counters, ids, send, settings, table, warn }: RelayParts) => {
  const { claimSize, horizonMillis, leaseMillis, maxBatchSize, requestMillis, retryBaseMillis } = settings
  /** Steps in a row in which PostHog took nothing. */
  let failures = 0
  let held: Claim | undefined

  // While PostHog takes nothing, little is claimed: less and less, so that what requests fail for ends up alone.
  const limit = (): number =>
    failures === 0 ? claimSize : Math.max(1, Math.floor(Math.min(claimSize, maxBatchSize) / 4 ** (failures - 1)))

  const persist = (statement: Effect.Effect<void, SqlError>): Effect.Effect<void, SqlError> =>
    Effect.retry(statement, settling)

  const park = (claim: Claim, problems: Problems, now: number): Effect.Effect<void, SqlError> =>
    Effect.forEach(problems, ([problem, parked]) =>
      Effect.zipRight(
        persist(table.park(claim, parked, problem, now)),
        Effect.sync(() => counters.parked(parked.length))
      ), { discard: true })

  const retry = (claim: Claim, again: ReadonlyArray<Waiting>, pause: number, random: number, now: number) => {
    const byAttempts = new Map<number, Array<string>>()
    for (const { attempts, id } of again) byAttempts.set(attempts, [...(byAttempts.get(attempts) ?? []), id])
    return Effect.forEach(byAttempts, ([attempts, rows]) => {
      const delay = Math.max(pause, backoff(retryBaseMillis, attempts, longestEventDelay, random))
      return persist(table.retry(claim, rows, now + delay))
    }, { discard: true })
  }

  // The rows that can be sent; the others are parked.
  const readable = (claim: Claim, rows: Effect.Effect.Success<ReturnType<OutboxTable["claim"]>>, now: number) => {
    const waiting: Array<Waiting> = []
    const problems: Problems = new Map()
    let unreadable = 0
    let expired = 0
    for (const row of rows) {
      const read = readRow(row)
      if (typeof read === "string") {
        unreadable++
        note(problems, `Unreadable: ${read}`, row.id)
      } else if (now - row.createdAt > horizonMillis) {
        expired++
        note(problems, "Expired", row.id)
      } else waiting.push(read)
    }
    const warnings = [
      ...(unreadable === 0
        ? []
        : [warn("unreadable", `The outbox parked rows that it cannot read: ${unreadable}`, now)]),
      ...(expired === 0 ? [] : [warn(
        "expired",
        `The outbox parked events that have waited for more than ${
          Duration.format(Duration.millis(horizonMillis))
        }: ${expired}`,
        now
      )])
    ]
    return Effect.as(
      Effect.zipRight(Effect.all(warnings, { discard: true }), park(claim, problems, now)),
      waiting
    )
  }

  const attempt = ({ route, waiting }: Request) =>
    Effect.gen(function*() {
      const { ends, retryAfter } = yield* send(route, waiting.map(({ event }) => event))
      const delivered: Array<string> = []
      const again: Array<Waiting> = []
      const problems: Problems = new Map()
      let details = ""
      let duplicates = 0
      for (const [index, row] of waiting.entries()) {
        const end = ends[index]
        if (end === undefined) again.push(row)
        else if (end._tag === "Refused") note(problems, `${end.reason}: ${end.details}`, row.id)
        else if (end._tag === "Retry") {
          again.push(row)
          details = end.details
        } else {
          delivered.push(row.id)
          if (end._tag === "Duplicate") duplicates++
        }
      }
      const failed = again.length === waiting.length
      failures = failed ? failures + 1 : 0
      const random = yield* Random.next
      const asked = retryAfter === undefined ? 0 : Math.min(Math.ceil(Duration.toMillis(retryAfter)), longestRetryAfter)
      const pause = failed ? Math.max(backoff(retryBaseMillis, failures - 1, longestPause, random), asked) : asked
      return { delivered, duplicates, again, problems, details, pause, random, failed }
    })

  type Attempt = Effect.Effect.Success<ReturnType<typeof attempt>>

  const settle = (claim: Claim, { again, delivered, duplicates, pause, problems, random }: Attempt) =>
    Effect.gen(function*() {
      const now = yield* epochMillis
      if (delivered.length > 0) yield* persist(table.remove(claim, delivered))
      counters.delivered(delivered.length - duplicates)
      counters.duplicate(duplicates)
      yield* park(claim, problems, now)
      yield* retry(claim, again, pause, random, now)
    })

  // Before a request that may outlast the lease. The rows of the claim that are still held; absent: all.
  const renewed = (claim: Claim, left: ReadonlySet<string> | undefined) =>
    Effect.gen(function*() {
      const now = yield* epochMillis
      if (now + requestMillis + graceMillis < claim.until) return { claim, left }
      const until = now + leaseMillis
      return { claim: { ...claim, until }, left: yield* table.renew(claim, until) }
    })

  const sendAll = (first: Claim, requests: ReadonlyArray<Request>, isClosing: () => boolean) =>
    Effect.gen(function*() {
      let current: { readonly claim: Claim; readonly left: ReadonlySet<string> | undefined } = {
        claim: first,
        left: undefined
      }
      let settling: Effect.Effect<void, SqlError> = Effect.void
      let pause = 0
      let sent = 0
      for (const next of requests) {
        if (isClosing() || pause > 0) break
        current = yield* renewed(current.claim, current.left)
        const { claim, left } = current
        held = claim
        sent++
        const waiting = left === undefined ? next.waiting : next.waiting.filter(({ id }) => left.has(id))
        if (waiting.length === 0) continue
        // What became of the request before is written down meanwhile.
        const [attempted, settled] = yield* Effect.all([attempt({ ...next, waiting }), Effect.exit(settling)], {
          concurrency: 2
        })
        pause = attempted.pause
        settling = settle(claim, attempted)
        if (attempted.failed) {
          const now = yield* epochMillis
          yield* warn("away", `The outbox cannot deliver events, which wait: ${attempted.details}`, now)
        }
        if (Exit.isFailure(settled)) return yield* Effect.zipRight(settling, Effect.failCause(settled.cause))
      }
      yield* settling
      if (sent < requests.length) yield* persist(table.release(current.claim))
      return pause
    })

  const step = (isClosing: () => boolean): Effect.Effect<Step, SqlError> =>
    Effect.gen(function*() {
      const now = yield* epochMillis
      const wanted = limit()
      const claim: Claim = { token: ids.make(now), until: now + leaseMillis }
      held = claim
      const rows = yield* table.claim(claim, now, wanted)
      const waiting = rows.length === 0 ? [] : yield* readable(claim, rows, now)
      const pause = yield* sendAll(claim, requestsOf(waiting, maxBatchSize), isClosing)
      held = undefined
      return { more: rows.length >= wanted, pause }
    })

  return {
    /** Fails when the database does; what it held then waits until its lease ends. */
    step,
    /** Lets go of what an interrupted step held. */
    release: Effect.suspend(() => held === undefined ? Effect.void : table.release(held))
  }
}

/** @internal */
export type Relay = ReturnType<typeof makeRelay>
