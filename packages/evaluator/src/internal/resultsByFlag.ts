/** @since 0.1.0 */
import type { Result } from "../Result.ts"
import type { CompiledFlag } from "./plan.ts"

/**
 * The results of all flags as a map, without one being built for every evaluation: the definitions know which place is
 * whose.
 *
 * @internal
 */
export class ResultsByFlag implements ReadonlyMap<string, Result> {
  private readonly flags: ReadonlyArray<CompiledFlag>
  private readonly positions: ReadonlyMap<string, number>
  private readonly results: ReadonlyArray<Result>

  constructor(
    flags: ReadonlyArray<CompiledFlag>,
    positions: ReadonlyMap<string, number>,
    results: ReadonlyArray<Result>
  ) {
    this.flags = flags
    this.positions = positions
    this.results = results
  }

  get size(): number {
    return this.results.length
  }

  get(key: string): Result | undefined {
    const position = this.positions.get(key)
    return position === undefined ? undefined : this.results[position]
  }

  has(key: string): boolean {
    return this.positions.has(key)
  }

  forEach(visit: (value: Result, key: string, map: ReadonlyMap<string, Result>) => void, thisArgument?: unknown): void {
    for (const [key, result] of this) {
      visit.call(thisArgument, result, key, this)
    }
  }

  *entries(): Generator<[string, Result], undefined, unknown> {
    for (let i = 0; i < this.results.length; i++) {
      yield [this.flags[i]!.metadata.key, this.results[i]!]
    }
    return undefined
  }

  keys(): MapIterator<string> {
    return this.positions.keys()
  }

  values(): ArrayIterator<Result> {
    return this.results.values()
  }

  [Symbol.iterator](): Generator<[string, Result], undefined, unknown> {
    return this.entries()
  }
}
