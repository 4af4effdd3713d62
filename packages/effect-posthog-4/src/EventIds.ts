// Generated from packages/effect-posthog/src/EventIds.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * Where the ids of events come from.
 *
 * @since 3.0.0
 */
import * as Context from "effect/Context"

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** @internal */
export const isUuid = (value: unknown): value is string => typeof value === "string" && pattern.test(value)

// Character codes of hexadecimal digits. A string made from codes is flat; one that is added up is a tree of its parts,
// which takes more memory and has to be flattened before it is sent.
const high = Uint8Array.from({ length: 256 }, (_, byte) => (byte >> 4).toString(16).charCodeAt(0))
const low = Uint8Array.from({ length: 256 }, (_, byte) => (byte & 0xf).toString(16).charCodeAt(0))
const hyphen = 45
const version = 55

const bytesPerUuid = 10
const latest = 2 ** 48 - 1

/**
 * A maker of version 7 uuids. Those of one millisecond ascend: the twelve bits after the version count up from a random
 * start. Random bytes are drawn in bulk, because each draw has a price of its own.
 *
 * @internal
 */
export const makeUuidV7 = (fill: (bytes: Uint8Array) => void): (epochMillis: number) => string => {
  const pool = new Uint8Array(256 * bytesPerUuid)
  const view = new DataView(pool.buffer)
  let used = pool.length
  let asked = Number.NaN
  let written = 0
  /** The character codes of the time, in groups as they stand in a uuid. */
  const time = new Uint8Array(12)
  let counter = 0

  const startMillisecond = (millis: number, random: number): void => {
    written = Math.min(latest, Math.max(0, Math.floor(millis)))
    const text = written.toString(16).padStart(12, "0")
    for (let index = 0; index < time.length; index++) time[index] = text.charCodeAt(index)
    counter = random & 0x7ff
  }

  return (epochMillis) => {
    if (used === pool.length) {
      fill(pool)
      used = 0
    }
    const at = used
    used += bytesPerUuid
    if (epochMillis !== asked) {
      asked = epochMillis
      startMillisecond(epochMillis, view.getUint16(at + 8))
    } else if (++counter > 0xfff) {
      // More than the counter holds in one millisecond: borrow from the next.
      startMillisecond(written + 1, 0)
    }
    const variant = 0x80 | (view.getUint8(at) & 0x3f)
    const b = view.getUint8(at + 1)
    const c = view.getUint8(at + 2)
    const d = view.getUint8(at + 3)
    const e = view.getUint8(at + 4)
    const f = view.getUint8(at + 5)
    const g = view.getUint8(at + 6)
    const h = view.getUint8(at + 7)
    // dprint-ignore
    return String.fromCharCode(
      time[0] ?? 0, time[1] ?? 0, time[2] ?? 0, time[3] ?? 0, time[4] ?? 0, time[5] ?? 0, time[6] ?? 0, time[7] ?? 0,
      hyphen, time[8] ?? 0, time[9] ?? 0, time[10] ?? 0, time[11] ?? 0, hyphen, version,
      low[counter >> 8] ?? 0, high[counter & 0xff] ?? 0, low[counter & 0xff] ?? 0, hyphen,
      high[variant] ?? 0, low[variant] ?? 0, high[b] ?? 0, low[b] ?? 0, hyphen,
      high[c] ?? 0, low[c] ?? 0, high[d] ?? 0, low[d] ?? 0, high[e] ?? 0, low[e] ?? 0,
      high[f] ?? 0, low[f] ?? 0, high[g] ?? 0, low[g] ?? 0, high[h] ?? 0, low[h] ?? 0
    )
  }
}

/**
 * A source of ids.
 *
 * @since 3.0.0
 * @category models
 */
export interface EventIdSource {
  /** A new version 7 uuid for the given epoch milliseconds. */
  readonly make: (epochMillis: number) => string
}

/**
 * The source of event ids. It needs no layer: by default ids are version 7 uuids with random bits from
 * `crypto.getRandomValues`, ascending within a millisecond. Tests replace it with `Layer.succeed` to make ids
 * predictable.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import { EventIds } from "effect-posthog"
 *
 * const predictable = Layer.succeed(EventIds, EventIds.seeded(7))
 *
 * assert.strictEqual(EventIds.seeded(7).make(0), EventIds.seeded(7).make(0))
 * assert.ok(Layer.isLayer(predictable))
 * ```
 *
 * @since 3.0.0
 * @category services
 */
export class EventIds extends Context.Reference<EventIdSource>("effect-posthog/EventIds", {
  defaultValue: (): EventIdSource => ({
    make: makeUuidV7((bytes) => {
      globalThis.crypto.getRandomValues(bytes)
    })
  })
}) {
  /**
   * A source that yields the same ids for the same seed and the same times.
   *
   * @since 3.0.0
   * @category testing
   */
  static readonly seeded = (seed: number): EventIdSource => {
    let state = seed | 0
    const randomByte = () => {
      state = (state + 0x6d2b79f5) | 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return (mixed ^ (mixed >>> 14)) & 0xff
    }
    return {
      make: makeUuidV7((bytes) => {
        for (let index = 0; index < bytes.length; index++) bytes[index] = randomByte()
      })
    }
  }
}
