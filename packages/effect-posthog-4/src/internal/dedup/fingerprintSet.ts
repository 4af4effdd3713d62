// Generated from packages/effect-posthog/src/internal/dedup/fingerprintSet.ts by packages/tools/editions.mjs: change that file, not this one.
/** More keys take 300 MB. */
const mostKeys = 2 ** 24

// Positions of the ring to keys. What is added again leaves a gap; there are a tenth of gaps before they are closed.
const positionsPerKey = 1.25
const positionsUntilCompaction = 1.1

/** Positions that one `add` looks at while gaps are closed: enough to be through before the ring is full. */
const compactionStep = 32

/** For sets of a few keys, whose fractions are too small to work with. */
const sparePositions = 64

const powerOfTwo = (atLeast: number): number => {
  let size = 2
  while (size < atLeast) size *= 2
  return size
}

/**
 * A set of texts, of which it keeps 64 bits each: 14 to 18 bytes of memory for each key of its capacity, taken with the
 * first one. The fingerprints lie in a ring in the order in which they were last added; a table with open addressing
 * finds them there. Two texts with the same fingerprint count as one: with n keys in the set, a new text is taken for
 * one of them with a probability of n / 2^64.
 *
 * @internal
 */
export class FingerprintSet {
  private readonly capacity: number
  private readonly seed: number
  private readonly positions: number
  // The ring: two words a key. Both zero: a gap.
  private low = new Uint32Array(0)
  private high = new Uint32Array(0)
  /** Slots by fingerprint: a position in the ring plus one, or zero. */
  private table = new Int32Array(0)
  private mask = 0
  /** Position of the oldest. */
  private head = 0
  /** Keys and gaps. */
  private used = 0
  private count = 0
  // While gaps are closed: behind the head, `written` positions are in order, then gaps follow up to `read`.
  private read = 0
  private written = 0
  // The fingerprint that was computed last.
  private lowWord = 0
  private highWord = 0

  constructor(capacity: number, seed: number) {
    this.capacity = Math.min(mostKeys, Math.max(1, Math.floor(capacity)))
    this.seed = seed | 0
    this.positions = Math.ceil(this.capacity * positionsPerKey) + sparePositions
  }

  get size(): number {
    return this.count
  }

  /** Adds a text, as the newest. `true` when it was not there. The oldest makes room. */
  add(text: string): boolean {
    if (this.table.length === 0) this.allocate()
    this.hash(text)
    if (this.read > 0 || this.used > this.capacity * positionsUntilCompaction + sparePositions / 2) this.compact()
    const slot = this.find()
    const found = (this.table[slot] as number) - 1
    if (found >= 0) {
      if (found !== this.at(this.used - 1)) {
        this.clearAt(found)
        this.append(slot)
      }
      return false
    }
    if (this.count === this.capacity) {
      this.evict()
      // The eviction may have moved what lies in the table.
      this.append(this.find())
    } else {
      this.append(slot)
    }
    this.count++
    return true
  }

  remove(text: string): void {
    if (this.count === 0) return
    this.hash(text)
    const slot = this.find()
    const found = (this.table[slot] as number) - 1
    if (found < 0) return
    this.clearAt(found)
    this.free(slot)
    this.count--
  }

  clear(): void {
    this.low = new Uint32Array(0)
    this.high = new Uint32Array(0)
    this.table = new Int32Array(0)
    this.head = 0
    this.used = 0
    this.count = 0
    this.read = 0
    this.written = 0
  }

  private allocate(): void {
    const slots = powerOfTwo(1.5 * this.capacity)
    this.low = new Uint32Array(this.positions)
    this.high = new Uint32Array(this.positions)
    this.table = new Int32Array(slots)
    this.mask = slots - 1
  }

  // Multiplication and mixing over the code units, and a finish in which every bit counts.
  private hash(text: string): void {
    let low = 0xdeadbeef ^ this.seed
    let high = 0x41c6ce57 ^ Math.imul(this.seed, 0x9e3779b1)
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      low = Math.imul(low ^ code, 0x9e3779b1)
      high = Math.imul(high ^ code, 0x5f356495)
    }
    low ^= text.length
    low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35)
    high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35)
    this.lowWord = (low ^ (low >>> 16)) >>> 0
    this.highWord = (high ^ (high >>> 15)) >>> 0
    // Zero and zero is a gap.
    if (this.lowWord === 0 && this.highWord === 0) this.highWord = 1
  }

  /** The slot of the last fingerprint, or the free slot in which it belongs. */
  private find(): number {
    const low = this.lowWord
    const high = this.highWord
    let slot = high & this.mask
    for (let entry = this.table[slot] as number; entry !== 0; entry = this.table[slot] as number) {
      if (this.low[entry - 1] === low && this.high[entry - 1] === high) return slot
      slot = (slot + 1) & this.mask
    }
    return slot
  }

  /** The position that many behind the head. */
  private at(offset: number): number {
    const position = this.head + offset
    return position >= this.positions ? position - this.positions : position
  }

  private append(slot: number): void {
    const position = this.at(this.used++)
    this.low[position] = this.lowWord
    this.high[position] = this.highWord
    this.table[slot] = position + 1
  }

  private clearAt(position: number): void {
    this.low[position] = 0
    this.high[position] = 0
  }

  private isGap(position: number): boolean {
    return this.low[position] === 0 && this.high[position] === 0
  }

  private evict(): void {
    // What is known to be gaps is passed at once.
    if (this.written === 0 && this.read > 0) this.pass(this.read)
    while (this.isGap(this.head)) this.pass(1)
    const low = this.lowWord
    const high = this.highWord
    this.lowWord = this.low[this.head] as number
    this.highWord = this.high[this.head] as number
    this.free(this.find())
    this.clearAt(this.head)
    this.pass(1)
    this.count--
    this.lowWord = low
    this.highWord = high
  }

  private pass(positions: number): void {
    this.head = this.at(positions)
    this.used -= positions
    this.read = Math.max(0, this.read - positions)
    this.written = Math.max(0, this.written - positions)
  }

  // Entries that were pushed past the slot move back, so that no search ends too early at the free slot.
  private free(slot: number): void {
    let free = slot
    let next = (free + 1) & this.mask
    for (let entry = this.table[next] as number; entry !== 0; entry = this.table[next] as number) {
      const home = (this.high[entry - 1] as number) & this.mask
      if (((next - home) & this.mask) >= ((next - free) & this.mask)) {
        this.table[free] = entry
        free = next
      }
      next = (next + 1) & this.mask
    }
    this.table[free] = 0
  }

  // Moves keys towards the head, a few at a time, until there are no gaps between them.
  private compact(): void {
    const low = this.lowWord
    const high = this.highWord
    for (let step = 0; step < compactionStep && this.read < this.used; step++) {
      const from = this.at(this.read++)
      if (this.isGap(from)) continue
      const to = this.at(this.written++)
      if (from === to) continue
      this.lowWord = this.low[from] as number
      this.highWord = this.high[from] as number
      this.table[this.find()] = to + 1
      this.clearAt(from)
      this.low[to] = this.lowWord
      this.high[to] = this.highWord
    }
    if (this.read >= this.used) {
      this.used = this.written
      this.read = 0
      this.written = 0
    }
    this.lowWord = low
    this.highWord = high
  }
}
