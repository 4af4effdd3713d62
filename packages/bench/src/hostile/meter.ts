import { performance } from "node:perf_hooks"
import { setTimeout } from "node:timers/promises"
import { median } from "../measuring/statistics.ts"

const megabyte = 1024 * 1024

/** What some work cost its process. */
export interface Cost {
  /** The longest turn of the event loop, in milliseconds: of its wall time and its processor time, the smaller. */
  readonly held: number
  /** How far resident memory rose above where it was, in MiB, at its highest. */
  readonly memory: number
}

/** Turns of the event loop between two looks at the memory, which cost more than a turn. */
const turnsPerLook = 50

/** Milliseconds of processor time that one `JSON.stringify` takes; none for what cannot be written. */
const stringifying = (value: unknown): number => {
  const start = process.cpuUsage()
  try {
    JSON.stringify(value)
  } catch {
    return 0
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
  setImmediate(turn)
  await new Promise((resolve) => setImmediate(resolve))
  await work()
  await new Promise((resolve) => setImmediate(resolve))
  look()
  isOver = true
  return { held, memory: (highest - before) / megabyte }
}

/** A part of an attack, and the longest turn of the event loop in it, in milliseconds. */
export interface Part {
  readonly part: string
  readonly held: number
  /** What one `JSON.stringify` of the part's input takes, where that is what the turn may be compared with. */
  readonly stringify?: number
}

/** Milliseconds that a turn of the event loop may take, apart from one `JSON.parse` or `JSON.stringify` of what was given. */
const aim = 20

/** Measures attacks: each part several times, of which the median counts. */
export class Meter {
  /** The part that held the event loop longest. */
  worst: Part = { part: "", held: 0 }
  /** The parts that held it longer than the aim. */
  readonly long: Array<Part> = []
  memory = 0
  private readonly times: number

  constructor(times: number) {
    this.times = times
  }

  /**
   * Runs the work as often as is measured. The last result. `given`: what a turn that is too long is compared with one
   * `JSON.stringify` of.
   */
  async measure<A>(part: string, work: () => A | Promise<A>, times = this.times, given?: unknown): Promise<A> {
    const costs: Array<Cost> = []
    let result: A | undefined
    for (let time = 0; time < times; time++) {
      costs.push(
        await observe(async () => {
          result = await work()
        })
      )
    }
    const held = median(costs.map((cost) => cost.held))
    const measured = held > aim && given !== undefined
      ? { part, held, stringify: stringifying(given) }
      : { part, held }
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
