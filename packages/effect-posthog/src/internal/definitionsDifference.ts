import type { DefinitionsChange } from "../DefinitionsStatus.ts"

/** Flags that are compared in one step: about a millisecond of work. */
const stepSize = 2000

const byCodeUnit = (left: string, right: string): number => left < right ? -1 : left > right ? 1 : 0

/**
 * The keys that differ between two sets of flags, each given as key and fingerprint.
 *
 * @internal
 */
export function* difference(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>
): Generator<void, DefinitionsChange> {
  const added: Array<string> = []
  const removed: Array<string> = []
  const changed: Array<string> = []
  let count = 0
  for (const [key, print] of after) {
    const previous = before.get(key)
    if (previous === undefined) added.push(key)
    else if (previous !== print) changed.push(key)
    if (++count % stepSize === 0) yield
  }
  for (const key of before.keys()) {
    if (!after.has(key)) removed.push(key)
    if (++count % stepSize === 0) yield
  }
  return { added: added.sort(byCodeUnit), removed: removed.sort(byCodeUnit), changed: changed.sort(byCodeUnit) }
}

/** @internal */
export const isEmpty = (change: DefinitionsChange): boolean =>
  change.added.length === 0 && change.removed.length === 0 && change.changed.length === 0
