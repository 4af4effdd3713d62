const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** @internal */
export const isUuid = (value: unknown): value is string => typeof value === "string" && pattern.test(value)

const bytesAsHex = Array.from({ length: 256 }, (_, byte) => (byte + 256).toString(16).slice(1))

const hex = (byte: number): string => bytesAsHex[byte] ?? ""

const digits = "0123456789abcdef"

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
  let time = ""
  let counter = 0

  const startMillisecond = (millis: number, random: number): void => {
    written = Math.min(latest, Math.max(0, Math.floor(millis)))
    const text = written.toString(16).padStart(12, "0")
    time = `${text.slice(0, 8)}-${text.slice(8)}-7`
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
    return time + hex(counter >> 4) + digits.charAt(counter & 0xf) + "-" +
      hex(0x80 | (view.getUint8(at) & 0x3f)) + hex(view.getUint8(at + 1)) + "-" +
      hex(view.getUint8(at + 2)) + hex(view.getUint8(at + 3)) + hex(view.getUint8(at + 4)) +
      hex(view.getUint8(at + 5)) + hex(view.getUint8(at + 6)) + hex(view.getUint8(at + 7))
  }
}
