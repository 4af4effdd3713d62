// Generated from packages/effect-posthog/src/internal/ringBuffer.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * A queue in a circular array: constant time at both ends, and a slot that was left holds on to nothing.
 *
 * @internal
 */
export class RingBuffer<A> {
  private slots: Array<A | undefined> = Array.from({ length: 16 }, () => undefined)
  private head = 0
  private size = 0

  get length(): number {
    return this.size
  }

  push(value: A): void {
    if (this.size === this.slots.length) this.grow()
    this.slots[(this.head + this.size) & (this.slots.length - 1)] = value
    this.size++
  }

  /** Adds to the front. */
  unshift(value: A): void {
    if (this.size === this.slots.length) this.grow()
    this.head = (this.head - 1) & (this.slots.length - 1)
    this.slots[this.head] = value
    this.size++
  }

  shift(): A | undefined {
    if (this.size === 0) return undefined
    const value = this.slots[this.head]
    this.slots[this.head] = undefined
    this.head = (this.head + 1) & (this.slots.length - 1)
    this.size--
    return value
  }

  /** The element at a distance from the front. */
  peek(index: number): A | undefined {
    return index < this.size ? this.slots[(this.head + index) & (this.slots.length - 1)] : undefined
  }

  // The length stays a power of two, so that a mask can take the place of a division.
  private grow(): void {
    this.slots = Array.from({ length: this.slots.length * 2 }, (_, index) => this.peek(index))
    this.head = 0
  }
}
