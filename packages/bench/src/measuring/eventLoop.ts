import { monitorEventLoopDelay } from "node:perf_hooks"
import { setTimeout } from "node:timers/promises"

export interface Held {
  /** The longest the event loop was held, in milliseconds. */
  readonly millis: number
}

// The monitor is a timer of this many milliseconds: what it records is this and the delay.
const resolution = 1
// Long enough for that timer to fire.
const settling = 5

/** Runs some work and says how long it kept the event loop from anything else, at worst. */
export const eventLoopHeld = async (work: () => Promise<unknown>): Promise<Held> => {
  const monitor = monitorEventLoopDelay({ resolution })
  monitor.enable()
  await setTimeout(settling)
  monitor.reset()
  await work()
  await setTimeout(settling)
  monitor.disable()
  return { millis: Math.max(0, monitor.max / 1e6 - resolution) }
}
