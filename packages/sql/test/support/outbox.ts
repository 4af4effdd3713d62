import { Outbox } from "@effect-posthog/sql"
import type { OutboxOptions } from "@effect-posthog/sql"
import { FetchHttpClient } from "@effect/platform"
import * as SqlClient from "@effect/sql/SqlClient"
import { EventQueue, EventTransport, PostHogConfig } from "effect-posthog"
import type { EventBatch, SendOutcome } from "effect-posthog"
import type { Options } from "effect-posthog/PostHogConfig"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { randomUUID } from "node:crypto"
import { realPause } from "./postgres.ts"
import { tally } from "./tally.ts"

/** A transport that remembers what it was given; without instructions everything is delivered. */
export const makeTransport = (
  answer: (batch: EventBatch, attempts: number) => Effect.Effect<SendOutcome | void> = () => Effect.void
) => {
  const batches: Array<EventBatch> = []
  const arrivals = new Map<string, number>()
  const arrive = (
    { events }: EventBatch,
    { dropped = [], retry = [] }: Partial<Extract<SendOutcome, { _tag: "Delivered" }>>
  ) => {
    const others = new Set([...dropped.map(({ id }) => id), ...retry])
    for (const { uuid } of events) if (!others.has(uuid)) arrivals.set(uuid, (arrivals.get(uuid) ?? 0) + 1)
  }
  return {
    batches,
    /** How often each event was taken. */
    arrivals,
    get names() {
      return batches.map(({ events }) => events.map(({ event }) => event))
    },
    layer: Layer.succeed(EventTransport, {
      send: (batch) =>
        Effect.suspend(() => {
          batches.push(batch)
          return Effect.tap(answer(batch, batches.length), (outcome) => {
            const taken = outcome ?? { _tag: "Delivered" as const }
            if (taken._tag === "Delivered") arrive(batch, taken)
          })
        })
    })
  }
}

export interface Setup {
  readonly outbox?: OutboxOptions
  readonly project?: string
  readonly options?: Partial<Options>
  readonly transport?: Layer.Layer<EventTransport>
}

export const newTable = () => `outbox_${randomUUID().replaceAll("-", "")}`

/** The layer of an outbox with a queue of its own. */
const outboxLayer = (
  client: SqlClient.SqlClient,
  { options, outbox, project = "phc_outbox", transport }: Setup
) =>
  Outbox.layerWith({ pollInterval: "1 second", ...outbox }, {
    transport: transport ?? EventTransport.layerNoop
  }).pipe(
    Layer.provideMerge(Layer.provide(EventQueue.layer, EventTransport.layerNoop)),
    Layer.provideMerge(PostHogConfig.layer({
      host: "https://posthog.test",
      ...options,
      apiKey: Redacted.make(project)
    })),
    Layer.provide(Layer.succeed(SqlClient.SqlClient, client)),
    Layer.provide(FetchHttpClient.layer),
    Layer.orDie
  )

/** Builds an outbox in the scope of the test. */
export const startOutbox = (client: SqlClient.SqlClient, setup: Setup) =>
  Effect.map(Layer.build(outboxLayer(client, setup)), (context) => ({
    service: Context.get(context, Outbox),
    run: <A, E>(effect: Effect.Effect<A, E, Outbox | EventQueue>) => Effect.provide(effect, context)
  }))

/**
 * An outbox in a table of its own, with a relay that hands events to a transport of the test, unless `setup` says
 * otherwise.
 */
export const openOutbox = <E, R>(
  client: Effect.Effect<SqlClient.SqlClient, E, R>,
  { answer, ...setup }: Omit<Setup, "transport"> & { readonly answer?: Parameters<typeof makeTransport>[0] } = {}
) =>
  Effect.gen(function*() {
    const sql = yield* client
    const table = setup.outbox?.table ?? newTable()
    const transport = makeTransport(answer)
    const started = yield* startOutbox(sql, {
      ...setup,
      outbox: { ...setup.outbox, table },
      transport: transport.layer
    })
    return { ...started, sql, table, transport }
  })

/** Notes for the table of faults what became of the events of an outbox. */
export const tallyOutbox = (
  fault: string,
  database: string,
  stored: number,
  service: Outbox["Type"],
  ...transports: ReadonlyArray<Pick<ReturnType<typeof makeTransport>, "arrivals" | "batches">>
) =>
  Effect.map(service.status, ({ depth, parked }) => {
    const delivered = new Set(transports.flatMap(({ arrivals }) => [...arrivals.keys()]))
    let arrivals = 0
    for (const transport of transports) for (const times of transport.arrivals.values()) arrivals += times
    tally({
      fault,
      database,
      stored,
      delivered: delivered.size,
      parked,
      left: depth,
      requests: transports.reduce((sum, { batches }) => sum + batches.length, 0),
      repeated: arrivals - delivered.size
    })
  })

/** Lets the time of the test clock pass until something holds. Statements take real time. */
export const eventually = <E, R>(holds: Effect.Effect<boolean, E, R>, step = 1000): Effect.Effect<void, E, R> =>
  Effect.asVoid(Effect.repeat(
    Effect.zipRight(Effect.zipRight(TestClock.adjust(step), Effect.repeatN(realPause, 1)), holds),
    { until: (isTrue) => isTrue }
  ))

/** Lets the time of the test clock pass. */
export const passTime = (seconds: number): Effect.Effect<void> =>
  Effect.repeatN(
    Effect.zipRight(TestClock.adjust("1 second"), Effect.repeatN(realPause, 1)),
    seconds - 1
  )

/** Everything that is logged from now on in the fibers of the layer. */
export const makeLog = () => {
  const lines: Array<string> = []
  const layer = Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ message }) => {
      lines.push(Array.isArray(message) ? message.join(" ") : String(message))
    })
  )
  return { lines, layer }
}
