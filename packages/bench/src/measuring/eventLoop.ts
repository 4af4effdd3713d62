import { monitorEventLoopDelay } from "node:perf_hooks"
import { setTimeout } from "node:timers/promises"

export interface Held {
  /** The longest the event loop was held, in milliseconds. */
  readonly millis: number
  /** The same without the turn in which the work began. */
  readonly laterMillis: number
}

// The monitor is a timer of this many milliseconds: what it records is this and the delay.
const resolution = 1
// Long enough for that timer to fire.
const settling = 5

/** Runs some work and says how long it kept the event loop from anything else, at worst. */
export const eventLoopHeld = async (work: () => Promise<unknown>): Promise<Held> => {
  const whole = monitorEventLoopDelay({ resolution })
  const later = monitorEventLoopDelay({ resolution })
  whole.enable()
  later.enable()
  await setTimeout(settling)
  whole.reset()
  // A monitor records the time since its timer fired before. The first time after a reset there is no such time, so what
  // is reset right before the work never sees the turn in which the work begins.
  await setTimeout(settling)
  later.reset()
  await work()
  await setTimeout(settling)
  whole.disable()
  later.disable()
  return { millis: delayOf(whole.max), laterMillis: delayOf(later.max) }
}

const delayOf = (nanos: number): number => Math.max(0, nanos / 1e6 - resolution)
