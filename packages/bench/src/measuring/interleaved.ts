import { median, spread } from "./statistics.ts"

/** One of the things compared: `run` does the work `count` times. */
export interface Contender {
  readonly name: string
  readonly run: (count: number) => void | Promise<void>
  /** Called before each round of this contender, outside of the measurement. */
  readonly prepare?: (() => void | Promise<void>) | undefined
  /** How often `run` does the work in a round. Default: as often as fits the time of a round. */
  readonly count?: number | undefined
}

export interface Effort {
  /** Rounds of each contender. */
  readonly rounds: number
  /** How long a round of one contender lasts, in milliseconds. */
  readonly roundMillis: number
  /** How long each contender runs before the first round, so that its code is compiled. */
  readonly warmUpMillis: number
}

export interface Measurement {
  readonly name: string
  /** Nanoseconds of wall clock for one unit of work: the median of the rounds. */
  readonly nanos: number
  /** Microseconds of processor time, all threads of the process, for one unit of work: the median of the rounds. */
  readonly cpuMicros: number
  /** The same of the best round: what other work on the machine disturbs least. */
  readonly leastCpuMicros: number
  /** The middle half of the rounds' times, as a share of the median. */
  readonly spread: number
  /** Nanoseconds for one unit of work, by round. */
  readonly rounds: ReadonlyArray<number>
}

/**
 * Measures contenders in turns, A B A B, so that a machine that gets slower or faster meanwhile does so for all of them.
 * The order is turned around in every second round.
 */
export const interleaved = async (
  contenders: ReadonlyArray<Contender>,
  effort: Effort
): Promise<ReadonlyArray<Measurement>> => {
  const counts = new Map<string, number>()
  for (const contender of contenders) counts.set(contender.name, await warmUp(contender, effort))

  const times = new Map(contenders.map(({ name }) => [name, [] as Array<Timing>]))
  for (let round = 0; round < effort.rounds; round++) {
    for (const contender of round % 2 === 0 ? contenders : [...contenders].reverse()) {
      await contender.prepare?.()
      collectYoungGarbage()
      times.get(contender.name)?.push(await time(contender, counts.get(contender.name) ?? 1))
    }
  }

  return contenders.map(({ name }) => {
    const rounds = (times.get(name) ?? []).map(({ nanos }) => nanos)
    const cpu = (times.get(name) ?? []).map(({ cpuMicros }) => cpuMicros)
    return {
      name,
      nanos: median(rounds),
      cpuMicros: median(cpu),
      leastCpuMicros: Math.min(...cpu),
      spread: spread(rounds),
      rounds
    }
  })
}

/** The measurement of this name. */
export const named = (measurements: ReadonlyArray<Measurement>, name: string): Measurement => {
  const found = measurements.find((measurement) => measurement.name === name)
  if (found === undefined) throw new Error(`nothing named ${name} was measured`)
  return found
}

/** Collects all garbage, where the process was started with `--expose-gc`. */
export const collectGarbage = (): void => void globalThis.gc?.()

/**
 * Collects young garbage, where the process was started with `--expose-gc`. A full collection would also throw away
 * compiled code that a long-running process keeps, and the round after it would measure how that comes back.
 */
export const collectYoungGarbage = (): void => void globalThis.gc?.({ type: "minor" })

interface Timing {
  readonly nanos: number
  readonly cpuMicros: number
}

const time = async ({ run }: Contender, count: number): Promise<Timing> => {
  const cpu = process.cpuUsage()
  const start = process.hrtime.bigint()
  const pending = run(count)
  if (pending !== undefined) await pending
  const nanos = Number(process.hrtime.bigint() - start)
  const { system, user } = process.cpuUsage(cpu)
  return { nanos: nanos / count, cpuMicros: (user + system) / count }
}

/** Runs a contender until it is compiled, and says how often it fits a round. */
const warmUp = async (contender: Contender, { roundMillis, warmUpMillis }: Effort): Promise<number> => {
  let count = contender.count ?? 1
  // The best time so far decides: a moment in which the machine did something else says nothing.
  let best = Infinity
  for (let spent = 0; spent < warmUpMillis;) {
    await contender.prepare?.()
    const { nanos } = await time(contender, count)
    best = Math.min(best, nanos)
    spent += (nanos * count) / 1e6
    count = contender.count ?? Math.max(1, Math.min(count * 4, Math.round((roundMillis * 1e6) / best)))
  }
  return count
}
