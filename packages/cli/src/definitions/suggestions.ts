/** The number of insertions, deletions, replacements and swaps of neighbours between two texts. */
const distance = (left: string, right: string): number => {
  let beforeLast: Array<number> = []
  let last = Array.from({ length: right.length + 1 }, (_, column) => column)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1]
      let best = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1)
      )
      if (row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]) {
        best = Math.min(best, (beforeLast[column - 2] ?? 0) + 1)
      }
      current.push(best)
    }
    beforeLast = last
    last = current
  }
  return last[right.length] ?? left.length
}

const plain = (text: string): string => text.toLowerCase().replace(/[\s_.-]+/g, "-").slice(0, 64)

/** Up to three known names that somebody who typed `name` may have meant, the nearest first. */
export const suggestions = (name: string, known: Iterable<string>): ReadonlyArray<string> => {
  const wanted = plain(name)
  const near: Array<readonly [number, string]> = []
  for (const candidate of known) {
    const other = plain(candidate)
    const contains = wanted.length > 2 && (other.includes(wanted) || (other.length > 2 && wanted.includes(other)))
    if (!contains && Math.abs(other.length - wanted.length) > 4) continue
    const steps = distance(wanted, other)
    if (contains || steps <= Math.max(2, wanted.length / 3)) near.push([steps, candidate])
  }
  return near.sort(([a, x], [b, y]) => a - b || (x < y ? -1 : 1)).slice(0, 3).map(([, candidate]) => candidate)
}
