// Generated from packages/testkit/src/internal/server/recent.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * The most recent items, bounded in number and in bytes. The last one is kept whatever its size.
 *
 * @internal
 */
export interface Recent<A> {
  readonly add: (item: A, bytes: number) => void
  readonly values: () => ReadonlyArray<A>
  readonly clear: () => void
}

/** @internal */
export const make = <A>(capacity: number, maxBytes: number): Recent<A> => {
  let items: Array<A> = []
  let sizes: Array<number> = []
  let first = 0
  let total = 0

  return {
    add: (item, bytes) => {
      items.push(item)
      sizes.push(bytes)
      total += bytes
      while (items.length - first > 1 && (items.length - first > capacity || total > maxBytes)) {
        total -= sizes[first] ?? 0
        // So that the item can be collected although its place is still there.
        delete items[first]
        first++
      }
      // Moving an array costs its length, so the places that are free are given up only when they are half of it.
      if (first > 64 && first * 2 > items.length) {
        items = items.slice(first)
        sizes = sizes.slice(first)
        first = 0
      }
    },
    values: () => items.slice(first),
    clear: () => {
      items = []
      sizes = []
      first = 0
      total = 0
    }
  }
}
