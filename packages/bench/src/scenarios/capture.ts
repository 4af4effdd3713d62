import { openLoopback } from "../loopback/Loopback.ts"
import type { Loopback } from "../loopback/Loopback.ts"
import type { Row } from "../measuring/Row.ts"
import { median, spread } from "../measuring/statistics.ts"
import type { CaptureOptions, CaptureResult } from "../probes/capture.ts"
import { probe } from "../probes/Probe.ts"
import type { Mode, Scenario } from "./Scenario.ts"

type Load = Omit<CaptureOptions, "library" | "url">

interface Captured extends CaptureResult {
  /** Events that arrived, each counted once. */
  readonly arrived: number
  readonly duplicates: number
  readonly offered: number
}

interface Sides {
  /** Over undici, which is what Effect's platform for Node has for servers. */
  readonly ours: ReadonlyArray<Captured>
  readonly overFetch: ReadonlyArray<Captured>
  readonly theirs: ReadonlyArray<Captured>
  /** Loops without a queue, by the name of the client: where a process has not been warmed up. */
  readonly handmade: Readonly<Record<string, ReadonlyArray<Captured>>>
}

/** Events offered at once, as fast as they can be delivered, and at a steady pace. Each in a process of its own. */
export const capture: Scenario = async ({ mode }) => {
  const loopback = await openLoopback({ definitions: {}, flags: {} })
  const rows = [
    ...(mode === "full" ? await burst(loopback, 10_000, 5) : []),
    ...await burst(loopback, 100_000, mode === "full" ? 3 : 1),
    ...await backpressure(loopback, mode),
    ...(mode === "full" ? await paced(loopback) : [])
  ]
  loopback.close()
  return { rows }
}

const burst = async (loopback: Loopback, events: number, rounds: number): Promise<ReadonlyArray<Row>> => {
  const all = await sides(loopback, { events, manner: "burst" }, rounds)
  const { ours, theirs } = all
  const name = `${events.toLocaleString("en-US")} events at once, default settings`
  const accounted = ({ arrived, offered, reported }: Captured) => (arrived + reported) / offered
  const is100k = events === 100_000
  return [
    {
      row: `${name}: share delivered or reported as lost`,
      unit: "",
      ours: of(ours, accounted),
      anchor: 1,
      anchorName: "all of them",
      ratio: of(ours, accounted),
      target: is100k ? 1 : undefined,
      others: { "posthog-node": of(theirs, accounted) },
      note: `delivered: ours ${percent(of(ours, share))}, posthog-node ${percent(of(theirs, share))}`
    },
    less(`${name}: peak memory`, "MB", all, ({ peakMegabytes }) => peakMegabytes),
    {
      ...less(`${name}: event loop held`, "ms", all, ({ heldMillis }) => heldMillis),
      target: 2,
      note: "in the turn that captures them"
    },
    less(`${name}: event loop held while they are delivered`, "ms", all, ({ heldLaterMillis }) => heldLaterMillis)
  ]
}

/**
 * A rate is that of a process that has been running. V8 compiles what runs once per request for several hundred thousand
 * events, and that is a quarter of the processor time of the second hundred thousand; so the first load begins behind it.
 */
const loads = [
  { batchSize: 100, gzip: true, warmUp: 500_000 },
  { batchSize: 100, gzip: true, warmUp: 0 },
  { batchSize: 1000, gzip: true, warmUp: 100_000 },
  { batchSize: 100, gzip: false, warmUp: 100_000 }
]

const backpressure = async (loopback: Loopback, mode: Mode): Promise<ReadonlyArray<Row>> => {
  const rows: Array<Row> = []
  for (const load of mode === "full" ? loads : loads.slice(0, 1)) {
    const events = mode === "full" ? 100_000 : 20_000
    const warmUp = mode === "full" ? load.warmUp : events
    const all = await sides(loopback, { events, manner: "backpressure", ...load, warmUp }, mode === "full" ? 7 : 1)
    const { ours, overFetch, theirs } = all
    const name = `${events.toLocaleString("en-US")} events with back-pressure, batches of ${load.batchSize}, ${
      load.gzip ? "gzip" : "no compression"
    }${load.warmUp === 0 ? ", from the start of a process" : ""}`
    const isBudgeted = load === loads[0]
    const rate = ({ millis, offered }: Captured) => offered / millis
    const rates = theirs.map((their, round) => rate(ours[round] ?? their) / rate(their))
    rows.push(
      {
        row: `${name}: share delivered`,
        unit: "",
        ours: of(ours, share),
        anchor: 1,
        anchorName: "all of them",
        ratio: of(ours, share),
        target: isBudgeted ? 1 : undefined,
        others: { "posthog-node": of(theirs, share) }
      },
      {
        row: `${name}: rate`,
        unit: "thousand/s",
        ours: of(ours, rate),
        anchor: of(theirs, rate),
        anchorName: "posthog-node",
        ratio: median(rates),
        spread: spread(rates),
        target: isBudgeted ? 3 : undefined,
        others: { "ours over fetch": of(overFetch, rate) },
        note: isBudgeted ? "ours over undici, posthog-node over the fetch it brings" : undefined
      },
      {
        ...less(`${name}: processor time per event`, "µs", all, ({ cpuMicrosPerEvent }) => cpuMicrosPerEvent),
        target: isBudgeted ? 3 : undefined
      },
      {
        ...less(`${name}: peak memory`, "MB", all, ({ peakMegabytes }) => peakMegabytes),
        target: isBudgeted ? 1 : undefined
      },
      less(`${name}: event loop held`, "ms", all, ({ heldMillis }) => heldMillis)
    )
    rows.push(...byHand(name, all))
  }
  return rows
}

/** The same load in loops without a queue, which is the least that it costs over either client: see `CaptureOptions`. */
const byHand = (name: string, { handmade, theirs }: Sides): ReadonlyArray<Row> =>
  Object.entries(handmade).map(([library, ours]) => ({
    ...less(
      `${name}: processor time per event, ${library}`,
      "µs",
      { ours, overFetch: [], handmade, theirs },
      cpuMicros
    ),
    others: undefined
  }))

const cpuMicros = ({ cpuMicrosPerEvent }: Captured): number => cpuMicrosPerEvent

const paced = async (loopback: Loopback): Promise<ReadonlyArray<Row>> => {
  const all = await sides(loopback, { events: 6000, manner: "paced", warmUp: 2000 }, 3)
  return [
    less(
      "2,000 events a second: processor time per event",
      "µs",
      all,
      ({ cpuMicrosPerEvent }) => cpuMicrosPerEvent
    ),
    less("2,000 events a second: event loop held", "ms", all, ({ heldMillis }) => heldMillis)
  ]
}

const loops = ["by hand over the platform's undici", "by hand over undici"] as const

const sides = async (loopback: Loopback, load: Load, rounds: number): Promise<Sides> => {
  const ours: Array<Captured> = []
  const overFetch: Array<Captured> = []
  const theirs: Array<Captured> = []
  const handmade: Record<string, Array<Captured>> = {}
  for (let round = 0; round < rounds; round++) {
    ours.push(await captured(loopback, "ours over undici", load))
    theirs.push(await captured(loopback, "posthog-node", load))
    overFetch.push(await captured(loopback, "ours over fetch", load))
    for (const library of load.warmUp === 0 ? loops : []) {
      ;(handmade[library] ??= []).push(await captured(loopback, library, load))
    }
  }
  return { ours, overFetch, theirs, handmade }
}

const captured = async (loopback: Loopback, library: CaptureOptions["library"], load: Load): Promise<Captured> => {
  const result = await probe("capture", { library, url: loopback.url, ...load })
  const { distinctEvents, events } = await loopback.received()
  return { ...result, arrived: distinctEvents, duplicates: events - distinctEvents, offered: load.events }
}

const of = (captured: ReadonlyArray<Captured>, number: (captured: Captured) => number): number =>
  median(captured.map(number))

const share = ({ arrived, offered }: Captured): number => arrived / offered

const percent = (share: number): string => `${Math.round(share * 100)} %`

const less = (
  row: string,
  unit: string,
  { ours, overFetch, theirs }: Sides,
  number: (captured: Captured) => number
): Row => {
  const ratios = theirs.map((their, round) => number(their) / number(ours[round] ?? their))
  return {
    row,
    unit,
    ours: of(ours, number),
    anchor: of(theirs, number),
    anchorName: "posthog-node",
    ratio: median(ratios),
    spread: ratios.length > 1 ? spread(ratios) : undefined,
    others: { "ours over fetch": of(overFetch, number) }
  }
}
