import { performance, PerformanceObserver } from "node:perf_hooks"
import { setTimeout } from "node:timers/promises"
import { median } from "../measuring/statistics.ts"

const megabyte = 1024 * 1024

/** What some work cost its process. */
export interface Cost {
  /** The longest turn of the event loop, in milliseconds: of its wall time and its processor time, the smaller. */
  readonly held: number
  /** The longest pause of the collector of garbage, in milliseconds of wall time: turns of the loop contain it. */
  readonly collecting: number
  /** How far resident memory rose above where it was, in MiB, at its highest. */
  readonly memory: number
}

/** Turns of the event loop between two looks at the memory, which cost more than a turn. */
const turnsPerLook = 50

/** Milliseconds of processor time that the engine takes for some work, or to refuse it. */
const spentBy = (work: () => unknown): number => {
  const start = process.cpuUsage()
  try {
    work()
  } catch {
    // What cannot be written or read takes time to be seen.
  }
  const { system, user } = process.cpuUsage(start)
  return (system + user) / 1000
}

const observe = async (work: () => unknown): Promise<Cost> => {
  let last = performance.now()
  let spent = process.cpuUsage()
  let held = 0
  let turns = 0
  const before = process.memoryUsage.rss()
  let highest = before
  let isOver = false
  const look = () => {
    highest = Math.max(highest, process.memoryUsage.rss())
  }
  const turn = () => {
    const now = performance.now()
    const { system, user } = process.cpuUsage(spent)
    held = Math.max(held, Math.min(now - last, (system + user) / 1000))
    if (++turns % turnsPerLook === 0) look()
    last = performance.now()
    spent = process.cpuUsage()
    if (!isOver) setImmediate(turn)
  }
  let collecting = 0
  const collected = (entries: ReadonlyArray<{ readonly duration: number }>) => {
    for (const { duration } of entries) collecting = Math.max(collecting, duration)
  }
  const observer = new PerformanceObserver((list) => collected(list.getEntries()))
  observer.observe({ entryTypes: ["gc"] })
  setImmediate(turn)
  await new Promise((resolve) => setImmediate(resolve))
  await work()
  await new Promise((resolve) => setImmediate(resolve))
  look()
  isOver = true
  collected(observer.takeRecords())
  observer.disconnect()
  return { held, collecting: Math.min(held, collecting), memory: (highest - before) / megabyte }
}

/** A part of an attack, and the longest turn of the event loop in it, in milliseconds. */
export interface Part {
  readonly part: string
  readonly held: number
  /** The longest pause of the collector of garbage in it, which the turn may contain. */
  readonly collecting?: number
  /** What the engine itself takes for the part's input, in milliseconds, by what it does: what the turn is compared with. */
  readonly engine?: Readonly<Record<string, number>>
}

/**
 * What the engine does with an input in one go, by name: writes or reads it as JSON, lists the names of an object.
 */
export type Engine = Readonly<Record<string, () => unknown>>

/** Milliseconds that a turn of the event loop may take, apart from one `JSON.parse` or `JSON.stringify` of what was given. */
export const aim = 20

/** Measures attacks: each part several times, of which the median counts. */
export class Meter {
  /** The part that held the event loop longest. */
  worst: Part = { part: "", held: 0 }
  /** The part that was measured last. */
  last: Part = { part: "", held: 0 }
  /** How often that was run. */
  runs = 0
  /** The parts that held it longer than the aim. */
  readonly long: Array<Part> = []
  memory = 0
  private readonly times: number

  constructor(times: number) {
    this.times = times
  }

  /**
   * Runs the work as often as is measured, or once and again if that takes too long. The last result. `engine`: what a turn
   * that is too long is compared with.
   */
  async measure<A>(
    part: string,
    work: () => A | Promise<A>,
    { engine, repeats = true, times = this.times }: {
      readonly times?: number
      readonly repeats?: boolean
      readonly engine?: Engine
    } = {}
  ): Promise<A> {
    const costs: Array<Cost> = []
    let result: A | undefined
    let held = 0
    for (let time = 0; time < times || (repeats && held > aim && time < this.times); time++) {
      costs.push(
        await observe(async () => {
          result = await work()
        })
      )
      held = median(costs.map((cost) => cost.held))
    }
    const measured: Part = held <= aim ? { part, held } : {
      part,
      held,
      collecting: median(costs.map((cost) => cost.collecting)),
      ...(engine === undefined ? {} : {
        engine: Object.fromEntries(Object.entries(engine).map(([name, does]) => [name, spentBy(does)]))
      })
    }
    this.last = measured
    this.runs = costs.length
    if (held > this.worst.held) this.worst = measured
    if (held > aim) this.long.push(measured)
    this.memory = Math.max(this.memory, ...costs.map(({ memory }) => memory))
    return result as A
  }
}

/** The longest turn of an event loop that has nothing to do. */
export const emptyLoop = async (times: number): Promise<number> => {
  const holds: Array<number> = []
  for (let time = 0; time < times; time++) holds.push((await observe(() => setTimeout(20))).held)
  return median(holds)
}
