/**
 * Events that are stored in the transaction they tell of, and delivered from there.
 *
 * @since 1.0.0
 */
import type { MigrationError, ResolvedMigration } from "@effect/sql/Migrator"
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { EventIds, EventQueue, Events, EventTransport, PostHogConfig } from "effect-posthog"
import type {
  EventDraft,
  EventId,
  InvalidEventError,
  OfferResult,
  PostHogConfigError,
  PostHogEvent
} from "effect-posthog"
import * as EventDelivery from "effect-posthog/EventDelivery"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import { keyDigest } from "./internal/digest.ts"
import { epochMillis } from "./internal/epochMillis.ts"
import { millisOf } from "./internal/millisOf.ts"
import { readRow } from "./internal/outboxEvents.ts"
import * as metrics from "./internal/outboxMetrics.ts"
import { createStatements } from "./internal/outboxSchema.ts"
import { makeOutboxService } from "./internal/outboxService.ts"
import { dialectOf } from "./internal/outboxTable.ts"
import { codeOf, describeFailure } from "./internal/sqlFailure.ts"

/**
 * How the outbox works.
 *
 * @since 1.0.0
 * @category configuration
 */
export interface OutboxOptions {
  /** The table, with its schema if it has one: `analytics.posthog_outbox`. Default: `posthog_outbox`. */
  readonly table?: string | undefined
  /**
   * Whether to create the table where it is missing. Default: `true`. Switch it off where the application's user may not
   * create tables, and run one of the migrations before: `Outbox.migration`, `Outbox.migrations`, `Outbox.migrationSql`.
   */
  readonly createTable?: boolean | undefined
  /**
   * Whether this process delivers events. Default: `true`. Any number of processes may; at least one has to, or calls
   * `Outbox.drain` now and then.
   */
  readonly relay?: boolean | undefined
  /** How long a relay that finds nothing waits until it looks again. Default: 1 second. */
  readonly pollInterval?: Duration.DurationInput | undefined
  /** How many events a relay takes at once. They are sent in requests of `events.maxBatchSize`. Default: 1,000. */
  readonly claimSize?: number | undefined
  /**
   * How long the events that a relay has taken are kept from the others. Default: 1 minute; at least twice
   * `events.requestTimeout`. After a crash the events wait this long.
   */
  readonly lease?: Duration.DurationInput | undefined
  /** How long an event is tried to be delivered before it is parked. Default: 7 days. */
  readonly horizon?: Duration.DurationInput | undefined
  /** How many parked events are kept; with more, the oldest are deleted. Default: 10,000. */
  readonly maxParked?: number | undefined
  /** How often the metrics are brought up to date. Default: 30 seconds. */
  readonly statusInterval?: Duration.DurationInput | undefined
}

/**
 * Parts that take the place of the usual ones.
 *
 * @since 1.0.0
 * @category configuration
 */
export interface OutboxLayerParts<E = never, R = never> {
  /** How events are sent. Default: `EventTransport.layer`. */
  readonly transport?: Layer.Layer<EventTransport, E, R> | undefined
}

/**
 * What the outbox holds.
 *
 * @since 1.0.0
 * @category models
 */
export interface OutboxStatus {
  /** Events that wait to be delivered, those that are being sent included. */
  readonly depth: number
  /** For how long the oldest of them has waited. */
  readonly oldest: Option.Option<Duration.Duration>
  /** Events that are not sent any more: PostHog refused them, they cannot be read, or they have waited for too long. */
  readonly parked: number
  /** Events that a newer version of this library stored. It alone delivers them. */
  readonly newer: number
}

/**
 * An event that is not sent any more.
 *
 * @since 1.0.0
 * @category models
 */
export interface ParkedEvent {
  /** The row. */
  readonly id: string
  /** `None` when the row cannot be read. */
  readonly event: Option.Option<PostHogEvent>
  /** Why: `Rejected` or `TooLarge` with what the server said, `Expired`, or `Unreadable` with what is wrong. */
  readonly problem: string
  readonly attempts: number
}

/**
 * The database did not do what the outbox asked of it.
 *
 * @since 1.0.0
 * @category errors
 */
export class OutboxError extends Data.TaggedError("OutboxError")<{
  readonly operation: "capture" | "status" | "parked" | "retryParked" | "discardParked" | "drain"
  readonly problem: string
  /** The database's own code, where it gave one: `42P01` is Postgres for a table that does not exist. */
  readonly code?: string | undefined
}> {
  override get message(): string {
    return `The outbox failed at ${this.operation}: ${this.problem}`
  }
}

/**
 * Events of the outbox, tagged with `outcome`: `captured`, also when their transaction was rolled back afterwards; `lost`
 * because they could not be inserted; `delivered`; `duplicate`; `parked`; `discarded` because too many were parked.
 *
 * @since 1.0.0
 * @category metrics
 */
export const outboxEvents: Metric.Metric.Counter<number> = metrics.outboxEvents

/**
 * Events that wait to be delivered. Every process with a relay sets it to the same number.
 *
 * @since 1.0.0
 * @category metrics
 */
export const outboxDepth: Metric.Metric.Gauge<number> = metrics.outboxDepth

/**
 * Seconds since the oldest event that waits was captured.
 *
 * @since 1.0.0
 * @category metrics
 */
export const outboxOldest: Metric.Metric.Gauge<number> = metrics.outboxOldest

/**
 * Events that are not sent any more.
 *
 * @since 1.0.0
 * @category metrics
 */
export const outboxParked: Metric.Metric.Gauge<number> = metrics.outboxParked

const defaultTable = "posthog_outbox"

const failing = (operation: OutboxError["operation"]) => (error: SqlError): OutboxError => {
  const code = codeOf(error)
  return new OutboxError({ operation, problem: describeFailure(code), ...(code === undefined ? {} : { code }) })
}

type Captured<E = never> = Effect.Effect<Option.Option<EventId>, E, Outbox>

type Capturing<E> = Effect.Effect<Option.Option<EventId>, E, EventQueue>

// An outbox gives its events to `Events` as a queue of its own.
const through = <M, E>(capture: (message: M) => Capturing<E>) => (message: M): Captured<E> =>
  Effect.flatMap(Outbox, ({ queue }) => Effect.provideService(capture(message), EventQueue, queue))

const throughStrictly = <M, E>(capture: (message: M) => Capturing<E>) => (message: M): Captured<E | OutboxError> =>
  Effect.flatMap(Outbox, ({ strictQueue }) =>
    Effect.catchSomeDefect(
      Effect.provideService(capture(message), EventQueue, strictQueue),
      (defect) => defect instanceof OutboxError ? Option.some(Effect.fail(defect)) : Option.none()
    ))

type Functions<E> = {
  readonly [Name in Exclude<keyof Events.Functions<never>, "captureWithFlags">]: (
    message: Parameters<Events.Functions<never>[Name]>[0]
  ) => Captured<E>
}

const strictFunctions: Functions<InvalidEventError | OutboxError> = {
  capture: throughStrictly(Events.strict.capture),
  captureAi: throughStrictly(Events.strict.captureAi),
  identify: throughStrictly(Events.strict.identify),
  alias: throughStrictly(Events.strict.alias),
  groupIdentify: throughStrictly(Events.strict.groupIdentify),
  setPersonProperties: throughStrictly(Events.strict.setPersonProperties)
}

const sizeOf = (size: number, otherwise: number): number => size >= 1 ? Math.floor(size) : otherwise

const make = ({
  claimSize = 1000,
  createTable = true,
  horizon = "7 days",
  lease = "1 minute",
  maxParked = 10_000,
  pollInterval = "1 second",
  relay = true,
  statusInterval = "30 seconds",
  table = defaultTable
}: OutboxOptions) =>
  Effect.gen(function*() {
    const client = yield* SqlClient.SqlClient
    const config = yield* PostHogConfig
    const queue = yield* EventQueue
    const send = yield* EventDelivery.make
    const ids = yield* EventIds
    const { maxBatchSize, requestTimeout, retryBase, shutdownTimeout } = config.events
    const requestMillis = millisOf(requestTimeout)
    const { drain, insert, offer, table: rows, totals } = yield* makeOutboxService({ client, ids, queue, send }, {
      table,
      project: yield* keyDigest(config),
      createTable: createTable && config.enabled,
      // On a runtime without a background `Outbox.drain` does the work.
      relay: relay && config.enabled && config.runtime === "process",
      claimSize: sizeOf(claimSize, 1000),
      maxBatchSize,
      maxParked: sizeOf(maxParked, 1),
      leaseMillis: Math.max(millisOf(lease), 2 * requestMillis),
      horizonMillis: millisOf(horizon),
      pollMillis: millisOf(pollInterval),
      statusMillis: millisOf(statusInterval),
      requestMillis,
      retryBaseMillis: millisOf(retryBase),
      shutdownTimeout
    })
    const status = Effect.map(totals, ({ depth, newer, now, oldestAt, parked }): OutboxStatus => ({
      depth,
      oldest: oldestAt === undefined ? Option.none() : Option.some(Duration.millis(Math.max(0, now - oldestAt))),
      parked,
      newer
    }))
    const listed = (limit: number) =>
      Effect.map(rows.parked(sizeOf(limit, 1)), (all) =>
        all.map((row): ParkedEvent => {
          const read = readRow(row)
          return {
            id: row.id,
            event: typeof read === "string" ? Option.none() : Option.some(read.event),
            problem: row.problem,
            attempts: row.attempts
          }
        }))
    const dying = (draft: EventDraft): Effect.Effect<OfferResult> =>
      Effect.catchAll(insert(draft), (error) => Effect.die(failing("capture")(error)))
    return {
      queue: { ...queue, offer, tryOffer: offer },
      strictQueue: { ...queue, offer: dying, tryOffer: dying },
      status: Effect.mapError(status, failing("status")),
      parked: (limit = 100) => Effect.mapError(listed(limit), failing("parked")),
      retryParked: (ids?: ReadonlyArray<string>) =>
        Effect.mapError(
          Effect.flatMap(epochMillis, (now) => rows.retryParked(now, ids)),
          failing("retryParked")
        ),
      discardParked: (ids?: ReadonlyArray<string>) =>
        Effect.mapError(rows.discardParked(ids), failing("discardParked")),
      drain: Effect.mapError(drain, failing("drain"))
    }
  })

type Needs = EventQueue | PostHogConfig | SqlClient.SqlClient

type TransportNeeds = Layer.Layer.Context<typeof EventTransport.layer>

/**
 * Events in a table of the application's database. `Outbox.layer` provides it.
 *
 * **When to use**
 *
 * For events that must not be lost and must not be sent for what did not happen: a payment, a subscription. An event is
 * inserted in the same transaction as the rows it tells of, so that both are stored or neither is.
 *
 * **Example**
 *
 * ```ts
 * import { Outbox } from "@effect-posthog/sql"
 * import { SqlClient } from "@effect/sql"
 * import { Effect } from "effect"
 *
 * export const pay = (invoice: string, userId: string) =>
 *   Effect.flatMap(SqlClient.SqlClient, (sql) =>
 *     sql`update invoices set paid = true where id = ${invoice}`.pipe(
 *       Effect.zipRight(Outbox.capture({ distinctId: userId, event: "invoice paid", properties: { invoice } })),
 *       sql.withTransaction
 *     ))
 * ```
 *
 * @since 1.0.0
 * @category tags
 */
export class Outbox extends Context.Tag("@effect-posthog/sql/Outbox")<Outbox, {
  /** An event queue whose offers are inserted in the transaction of the fiber that offers. */
  readonly queue: Context.Tag.Service<EventQueue>
  /** The same, which dies with an `OutboxError` when an event cannot be inserted. */
  readonly strictQueue: Context.Tag.Service<EventQueue>
  readonly status: Effect.Effect<OutboxStatus, OutboxError>
  readonly parked: (limit?: number) => Effect.Effect<ReadonlyArray<ParkedEvent>, OutboxError>
  readonly retryParked: (ids?: ReadonlyArray<string>) => Effect.Effect<void, OutboxError>
  readonly discardParked: (ids?: ReadonlyArray<string>) => Effect.Effect<void, OutboxError>
  readonly drain: Effect.Effect<void, OutboxError>
}>() {
  /**
   * Captures an event in the transaction of the fiber, or by itself when there is none.
   *
   * **Details**
   *
   * The event is prepared as `Events.capture` does, hooks included, and inserted. It is delivered once the transaction has
   * committed, and never when it is rolled back. An event that cannot be inserted is logged, counted and answered with
   * `None`, and the transaction goes on: on Postgres the insert has a savepoint of its own. `Outbox.strict.capture` fails
   * instead.
   *
   * @since 1.0.0
   * @category constructors
   */
  static readonly capture: (message: Events.CaptureMessage) => Captured = through(Events.capture)

  /**
   * Captures an event for PostHog's AI endpoint.
   *
   * @since 1.0.0
   * @category constructors
   */
  static readonly captureAi: (message: Events.CaptureMessage) => Captured = through(Events.captureAi)

  /**
   * Tells PostHog who a person is, and stores properties of the person.
   *
   * @since 1.0.0
   * @category constructors
   */
  static readonly identify: (message: Events.IdentifyMessage) => Captured = through(Events.identify)

  /**
   * Links a new id, `alias`, to the existing `distinctId`.
   *
   * @since 1.0.0
   * @category constructors
   */
  static readonly alias: (message: Events.AliasMessage) => Captured = through(Events.alias)

  /**
   * Stores the properties of a group.
   *
   * @since 1.0.0
   * @category constructors
   */
  static readonly groupIdentify: (message: Events.GroupIdentifyMessage) => Captured = through(Events.groupIdentify)

  /**
   * Stores and removes properties of a person.
   *
   * @since 1.0.0
   * @category constructors
   */
  static readonly setPersonProperties: (message: Events.PersonPropertiesMessage) => Captured = through(
    Events.setPersonProperties
  )

  /**
   * The same functions, which fail: with `InvalidEventError` when a message cannot be sent, and with {@link OutboxError}
   * when an event cannot be inserted.
   *
   * **When to use**
   *
   * Where the transaction is to be rolled back rather than to go on without its event. There is no savepoint.
   *
   * @since 1.0.0
   * @category constructors
   */
  static readonly strict: Functions<InvalidEventError | OutboxError> = strictFunctions

  /**
   * What the outbox holds for the project of this client. It counts rows, so ask for it now and then.
   *
   * @since 1.0.0
   * @category getters
   */
  static readonly status: Effect.Effect<OutboxStatus, OutboxError, Outbox> = Effect.flatMap(
    Outbox,
    ({ status }) => status
  )

  /**
   * Events that are not sent any more, oldest first; 100 of them unless told otherwise.
   *
   * @since 1.0.0
   * @category getters
   */
  static readonly parked = (limit?: number): Effect.Effect<ReadonlyArray<ParkedEvent>, OutboxError, Outbox> =>
    Effect.flatMap(Outbox, (outbox) => outbox.parked(limit))

  /**
   * Has parked events sent again, as if they had just been captured: those rows, or all.
   *
   * @since 1.0.0
   * @category combinators
   */
  static readonly retryParked = (ids?: ReadonlyArray<string>): Effect.Effect<void, OutboxError, Outbox> =>
    Effect.flatMap(Outbox, (outbox) => outbox.retryParked(ids))

  /**
   * Deletes parked events: those rows, or all.
   *
   * @since 1.0.0
   * @category combinators
   */
  static readonly discardParked = (ids?: ReadonlyArray<string>): Effect.Effect<void, OutboxError, Outbox> =>
    Effect.flatMap(Outbox, (outbox) => outbox.discardParked(ids))

  /**
   * Delivers what waits, until nothing is left that is due or PostHog takes nothing.
   *
   * **When to use**
   *
   * In a scheduled job, where no process with a relay keeps running.
   *
   * @since 1.0.0
   * @category combinators
   */
  static readonly drain: Effect.Effect<void, OutboxError, Outbox> = Effect.flatMap(Outbox, ({ drain }) => drain)

  /**
   * The statements that create the table and its index where they are missing, for a migration of your own.
   *
   * @since 1.0.0
   * @category getters
   */
  static readonly migrationSql = (table: string = defaultTable, dialect: "pg" | "sqlite" | "mysql" = "pg"): string =>
    createStatements(table, dialect).map((statement) => `${statement};\n`).join("")

  /**
   * Creates the table where it is missing.
   *
   * @since 1.0.0
   * @category combinators
   */
  static readonly migration = (table: string = defaultTable): Effect.Effect<void, SqlError, SqlClient.SqlClient> =>
    Effect.flatMap(
      SqlClient.SqlClient,
      (sql) =>
        Effect.forEach(createStatements(table, dialectOf(sql)), (statement) => sql.unsafe(statement), { discard: true })
    )

  /**
   * The migrations as a loader for the migrator of `@effect/sql`: give it a table of its own, such as
   * `posthog_migrations`.
   *
   * @since 1.0.0
   * @category combinators
   */
  static readonly migrations = (
    table: string = defaultTable
  ): Effect.Effect<ReadonlyArray<ResolvedMigration>, MigrationError> =>
    Effect.succeed([[1, "create_posthog_outbox", Effect.succeed(Outbox.migration(table))]])

  /**
   * {@link layer} with options, and with another transport.
   *
   * @since 1.0.0
   * @category layers
   */
  static readonly layerWith = <E = never, R = never>(
    options: OutboxOptions = {},
    parts: OutboxLayerParts<E, R> = {}
  ): Layer.Layer<Outbox, PostHogConfigError | E, R | TransportNeeds | Needs> =>
    Layer.scoped(Outbox, make(options)).pipe(
      Layer.provide(Layer.mergeAll(parts.transport ?? EventTransport.layer))
    )

  /**
   * Gives every event to the `EventQueue` at once, whatever becomes of the transaction: for tests without a database.
   *
   * @since 1.0.0
   * @category testing
   */
  static readonly layerQueue: Layer.Layer<Outbox, never, EventQueue> = Layer.effect(
    Outbox,
    Effect.map(EventQueue, (queue) => ({
      queue,
      strictQueue: queue,
      status: Effect.succeed({ depth: 0, oldest: Option.none(), parked: 0, newer: 0 }),
      parked: () => Effect.succeed([]),
      retryParked: () => Effect.void,
      discardParked: () => Effect.void,
      drain: Effect.void
    }))
  )

  /**
   * The outbox and a relay that delivers from it.
   *
   * **Details**
   *
   * The relay takes events with a lease, so that any number of processes may have one, and no transaction is open while it
   * sends. What is delivered is deleted. What cannot be delivered waits: with growing pauses, for as long as `Retry-After`
   * asks, and for seven days at most. What PostHog refuses is parked, after the request was divided until the event at
   * fault stood alone. A process that is killed leaves its events to the others once its lease has ended; an event may
   * then arrive twice, with the same uuid, which PostHog merges.
   *
   * Times are those of the processes: their clocks have to agree within the lease. The layer creates the table unless told
   * otherwise, and waits for that for five seconds at most. Closing the scope lets the request end that is on its way, for
   * at most `events.shutdownTimeout`, and hands the rest back.
   *
   * @since 1.0.0
   * @category layers
   */
  static readonly layer: Layer.Layer<
    Outbox,
    PostHogConfigError,
    TransportNeeds | Needs
  > = Outbox.layerWith()
}
