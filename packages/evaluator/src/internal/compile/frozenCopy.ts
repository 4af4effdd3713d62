/** @since 1.0.0 */
import type { DocumentObject } from "./documentReader.ts"
import { omittedPart } from "./documentReader.ts"
import type { Steps } from "./steps.ts"

const deepest = 1000

/** The most members that are copied, nested ones included. A value that holds itself has no end of them. */
const mostCopied = 1_000_000

/** The most members of one object: their names are listed in one go. */
const mostNames = 20_000

/**
 * Stands for a value that is too large, or nested too deeply, to be copied.
 *
 * @internal
 */
export const tooLarge: unique symbol = Symbol("tooLarge")

/**
 * A deeply frozen copy of a JSON value, or `tooLarge`.
 *
 * @internal
 */
export function* frozenCopy(value: unknown, steps: Steps): Generator<void, unknown, void> {
  return typeof value !== "object" || value === null ? value : yield* new Copier(steps).copy(value, deepest)
}

class Copier {
  private readonly steps: Steps
  private left = mostCopied

  constructor(steps: Steps) {
    this.steps = steps
  }

  *copy(value: object, depth: number): Generator<void, unknown, void> {
    if (depth === 0) return tooLarge
    return Array.isArray(value) ? yield* this.array(value, depth) : yield* this.object(value, depth)
  }

  private *array(array: ReadonlyArray<unknown>, depth: number): Generator<void, unknown, void> {
    this.left -= array.length
    if (this.left < 0) return tooLarge
    const copy: Array<unknown> = []
    for (let i = 0; i < array.length; i++) {
      const member = array[i]
      const copied = typeof member === "object" && member !== null
        ? yield* this.copy(member, depth - 1)
        : scalar(member)
      if (copied === tooLarge) return tooLarge
      copy.push(copied)
      if (this.steps.take(membersPerWork)) yield
    }
    return Object.freeze(copy)
  }

  private *object(object: object, depth: number): Generator<void, unknown, void> {
    const keys = Object.keys(object)
    this.left -= keys.length
    if (this.left < 0 || keys.length > mostNames) return tooLarge
    const copy = {}
    for (const key of keys) {
      const member = (object as DocumentObject)[key]
      const copied = typeof member === "object" && member !== null
        ? yield* this.copy(member, depth - 1)
        : scalar(member)
      if (copied === tooLarge) return tooLarge
      // Assigning to `__proto__` would set the prototype.
      Object.defineProperty(copy, key, { value: copied, enumerable: true })
      if (this.steps.take(1)) yield
    }
    return Object.freeze(copy)
  }
}

const scalar = (member: unknown): unknown => member === omittedPart ? tooLarge : member

/** Members of arrays are cheap. */
const membersPerWork = 1 / 8
