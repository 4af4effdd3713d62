/** @since 1.0.0 */
import type { Result } from "../Result.ts"
import type { DefinitionsPlan } from "./plan.ts"

/**
 * The results of all flags as a map, without one being built for every evaluation: the definitions know which place is
 * whose.
 *
 * @internal
 */
export class ResultsByFlag implements ReadonlyMap<string, Result> {
  private readonly plan: DefinitionsPlan
  private readonly results: ReadonlyArray<Result>

  constructor(plan: DefinitionsPlan, results: ReadonlyArray<Result>) {
    this.plan = plan
    this.results = results
  }

  get size(): number {
    return this.results.length
  }

  get(key: string): Result | undefined {
    const flag = this.plan.flags.get(key)
    return flag === undefined || flag.dropped ? undefined : this.results[flag.position]
  }

  has(key: string): boolean {
    return this.plan.flags.get(key)?.dropped === false
  }

  forEach(visit: (value: Result, key: string, map: ReadonlyMap<string, Result>) => void, thisArgument?: unknown): void {
    for (let i = 0; i < this.results.length; i++) {
      visit.call(thisArgument, this.results[i]!, this.plan.keys[i]!, this)
    }
  }

  *entries(): Generator<[string, Result], undefined, unknown> {
    for (let i = 0; i < this.results.length; i++) {
      yield [this.plan.keys[i]!, this.results[i]!]
    }
    return undefined
  }

  keys(): ArrayIterator<string> {
    return this.plan.keys.values()
  }

  values(): ArrayIterator<Result> {
    return this.results.values()
  }

  [Symbol.iterator](): Generator<[string, Result], undefined, unknown> {
    return this.entries()
  }
}
