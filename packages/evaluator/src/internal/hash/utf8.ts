/** @since 1.0.0 */

/**
 * The most bytes that UTF-8 needs for a text of this many UTF-16 units.
 *
 * @internal
 */
export const maximumBytes = (units: number): number => units * 3

/**
 * Writes a text as UTF-8 and returns the position after it. A lone surrogate becomes U+FFFD.
 *
 * @internal
 */
export const writeUtf8 = (text: string, bytes: Uint8Array, position: number): number => {
  let at = position
  for (let i = 0; i < text.length; i++) {
    let unit = text.charCodeAt(i)
    if (unit < 0x80) {
      bytes[at++] = unit
      continue
    }
    if (unit < 0x800) {
      bytes[at++] = 0xc0 | (unit >> 6)
      bytes[at++] = 0x80 | (unit & 0x3f)
      continue
    }
    if (unit >= 0xd800 && unit <= 0xdfff) {
      const next = unit <= 0xdbff && i + 1 < text.length ? text.charCodeAt(i + 1) : 0
      if (next >= 0xdc00 && next <= 0xdfff) {
        const point = 0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00)
        bytes[at++] = 0xf0 | (point >> 18)
        bytes[at++] = 0x80 | ((point >> 12) & 0x3f)
        bytes[at++] = 0x80 | ((point >> 6) & 0x3f)
        bytes[at++] = 0x80 | (point & 0x3f)
        i++
        continue
      }
      unit = 0xfffd
    }
    bytes[at++] = 0xe0 | (unit >> 12)
    bytes[at++] = 0x80 | ((unit >> 6) & 0x3f)
    bytes[at++] = 0x80 | (unit & 0x3f)
  }
  return at
}

/**
 * The first `limit` code points of a text.
 *
 * @internal
 */
export const firstCodePoints = (text: string, limit: number): string => {
  if (text.length <= limit) return text
  let end = 0
  for (let count = 0; count < limit && end < text.length; count++) {
    end += text.codePointAt(end)! > 0xffff ? 2 : 1
  }
  return text.slice(0, end)
}
