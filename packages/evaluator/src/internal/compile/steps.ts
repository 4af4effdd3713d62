/** @since 1.0.0 */

/** What is compiled in one step: a fraction of a millisecond of work. */
const perStep = 200

/**
 * Counts the work of a compilation, which pauses between steps.
 *
 * @internal
 */
export class Steps {
  private left = perStep

  /** Takes some work from the step in hand. `true` when it is used up: the compilation should pause. */
  take(work: number): boolean {
    this.left -= work
    if (this.left > 0) return false
    this.left = perStep
    return true
  }
}

/**
 * Runs a compilation without pauses.
 *
 * @internal
 */
export const runToEnd = <A>(compilation: Generator<void, A, void>): A => {
  let step = compilation.next()
  while (step.done !== true) step = compilation.next()
  return step.value
}
