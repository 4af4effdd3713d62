import { evaluateFlags, EventQueue, Events, LocalEvaluator } from "effect-posthog"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { performance } from "node:perf_hooks"
import { Tally } from "./Attack.ts"
import type { Attack } from "./Attack.ts"
import type { Meter } from "./meter.ts"
import { problemOf } from "./names.ts"
import { clientLayer, secretKey, Shown } from "./observed.ts"
import { answerings, openServer } from "./server.ts"
import type { Answering, HostileServer } from "./server.ts"

/** Answers that say something at all, and a batch of ten events that was accepted before. */
const events = Array.from({ length: 10 }, (_, index) => ({ event: `event ${index}`, distinctId: "user-17" }))

const askFlags = (host: string) =>
  Effect.map(
    Effect.either(evaluateFlags({ distinctId: "user-17" })),
    (result) => result._tag === "Left" ? `flags: ${result.left.reason}` : "flags: answered"
  ).pipe(Effect.provide(clientLayer({ host })))

const sendEvents = (host: string, protocol: "v0" | "v1") =>
  Effect.gen(function*() {
    const queue = yield* EventQueue
    yield* Effect.forEach(events, Events.capture, { discard: true })
    yield* queue.flush
    const { accepted, delivered, dropped, droppedBy, duplicates, queued } = yield* queue.counts
    if (accepted !== delivered + duplicates + dropped + queued) return `${protocol}: events unaccounted for`
    const reasons = Object.entries(droppedBy).filter(([, count]) => count > 0).map(([reason]) => reason)
    return dropped === 0 ? `${protocol}: delivered` : `${protocol}: dropped as ${reasons.join(", ")}`
  }).pipe(Effect.provide(clientLayer({ host, events: { protocol } })))

const loadDefinitions = (host: string) =>
  Effect.gen(function*() {
    const evaluator = yield* LocalEvaluator
    yield* Effect.ignore(evaluator.reload)
    const { flags, lastFailure } = yield* evaluator.status
    return lastFailure === undefined ? `definitions: ${flags} flags` : `definitions: ${lastFailure.reason}`
  }).pipe(Effect.provide(clientLayer({
    host,
    secretKey: Redacted.make(secretKey),
    definitions: { requestTimeout: "2 seconds" }
  })))

const requests = {
  flags: askFlags,
  v0: (host: string) => sendEvents(host, "v0"),
  v1: (host: string) => sendEvents(host, "v1"),
  definitions: loadDefinitions
}

const eachAnswer = async (
  server: HostileServer,
  meter: Meter,
  chosen: ReadonlyArray<Answering>,
  times: number,
  look: (outcome: string, answering: Answering, shown: Shown, seconds: number) => void
): Promise<void> => {
  for (const answering of chosen) {
    for (const [name, request] of Object.entries(requests)) {
      const shown = new Shown()
      const start = performance.now()
      const outcome = await meter.measure(
        `${answering} for ${name}`,
        () => shown.run(request(server.host(answering))),
        {
          times,
          ...(answering === "nested"
            ? { engine: { "JSON.parse": () => JSON.parse("[".repeat(1_000_000)) as unknown } }
            : {})
        }
      )
      look(outcome, answering, shown, (performance.now() - start) / 1000 / meter.runs)
    }
  }
}

const withServer = async <A>(use: (server: HostileServer) => Promise<A>): Promise<A> => {
  const server = await openServer()
  try {
    return await use(server)
  } finally {
    server.close()
  }
}

const large: ReadonlySet<Answering> = new Set(["huge", "bomb", "many keys", "nested", "length"])

/** What one request may cost in memory beside what is read: nowhere near the hundreds of megabytes that are offered. */
const mostMegabytes = 200

export const bodies: Attack = {
  kind: "D2",
  name: "answers of hundreds of megabytes, plain and compressed, of many keys and of nested arrays",
  run: (meter, short) =>
    withServer(async (server) => {
      const tally = new Tally()
      const chosen = answerings.filter((answering) => large.has(answering))
      await eachAnswer(server, meter, chosen, short ? 1 : 3, (outcome, answering) => {
        const isTaken = outcome === "flags: answered" || outcome.includes("unaccounted")
        if (isTaken) tally.fail(outcome, answering)
        else tally.count(outcome)
      })
      if (meter.memory > mostMegabytes) tally.fail("memory", `${meter.memory.toFixed(0)} MiB`)
      return tally
    })
}

export const slow: Attack = {
  kind: "D8",
  name: "bodies that drip or stall after status 200, resets, pages of HTML, redirects",
  run: (meter, short) =>
    withServer(async (server) => {
      const tally = new Tally()
      const chosen: ReadonlyArray<Answering> = ["dripping", "stalled", "html", "redirect", "reset"]
      await eachAnswer(server, meter, chosen, short ? 1 : 3, (outcome, answering, _, seconds) => {
        tally.count(outcome)
        if (seconds > 8) tally.fail("waited too long", `${answering}: ${seconds.toFixed(1)} s`)
      })
      const { strayed } = await server.counted()
      if (strayed > 0) tally.fail("redirect followed", String(strayed))
      // With the limits that are the default: the status has said that the events have arrived.
      const start = performance.now()
      await new Shown().run(
        Effect.gen(function*() {
          yield* Effect.forEach(events, Events.capture, { discard: true })
          yield* (yield* EventQueue).flush
        }).pipe(Effect.provide(clientLayer({
          host: server.host("dripping"),
          events: { requestTimeout: "10 seconds", protocol: "v0" }
        })))
      )
      const seconds = (performance.now() - start) / 1000
      if (seconds > 5) tally.fail("a dripping body kept the route", `${seconds.toFixed(1)} s`)
      else tally.count("a dripping body was given up")
      return tally
    })
}

export const words: Attack = {
  kind: "D12",
  name: "names, words and headers of a server, looked for in log lines",
  run: (meter) =>
    withServer(async (server) => {
      const tally = new Tally()
      const chosen: ReadonlyArray<Answering> = ["names", "refusal", "html"]
      await eachAnswer(server, meter, chosen, 1, (_outcome, answering, { messages }) => {
        for (const message of messages) {
          const problem = problemOf(message)
          if (problem === undefined) tally.count("line in order")
          else tally.fail("line out of order", `${answering}: ${problem}`)
        }
      })
      return tally
    })
}
