import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import { setTimeout } from "node:timers/promises"
import { collectGarbage } from "../measuring/interleaved.ts"
import type { Runtime } from "../peers/ours.ts"
import type { Plan } from "./Plan.ts"
import type { Sample } from "./verdict.ts"

export interface Waves {
  readonly samples: ReadonlyArray<Sample>
  readonly work: number
  readonly seconds: number
}

/** Does some work in waves, and looks at the process after each of them. */
export const inWaves = async (
  runtime: Runtime,
  { seconds, waves }: Plan,
  work: { readonly name: string; readonly amount: number },
  wave: (from: number, count: number) => Promise<void>,
  say: (line: string) => void
): Promise<Waves> => {
  const started = performance.now()
  const elapsed = () => (performance.now() - started) / 1000
  const samples: Array<Sample> = []
  const perWave = Math.ceil(work.amount / waves)
  let done = 0
  for (let number = 0; number < waves && elapsed() < seconds; number++) {
    await wave(done, perWave)
    done += perWave
    const sample = await settled(done, () => runtime.runPromise(fibers))
    samples.push(sample)
    say(
      `${done.toLocaleString("en-US")} ${work.name}, ${elapsed().toFixed(0)} s, ` +
        `heap ${(sample.heapBytes / 1e6).toFixed(2)} MB, ${sample.handles} handles, ${sample.fibers} fibers`
    )
  }
  return { samples, work: done, seconds: elapsed() }
}

// Effect's own count of fibers that have started and not ended; this one included.
const fibers = Effect.map(Metric.value(Metric.counter("effect_fiber_active")), ({ count }) => Number(count))

export const handles = (): number => process.getActiveResourcesInfo().length

const settled = async (work: number, countFibers: () => Promise<number>): Promise<Sample> => {
  for (let round = 0; round < 3; round++) {
    await setTimeout(20)
    collectGarbage()
  }
  return { work, heapBytes: process.memoryUsage().heapUsed, handles: handles(), fibers: await countFibers() }
}
