/**
 * SHA-1 of short ASCII keys at the least cost JavaScript allows, for the floor: the part before the identifier is packed
 * into words once per flag, the identifier once per call, and the eighty rounds are straight-line code. Written apart
 * from the evaluator's own, so that the floor cannot share its faults.
 */
export interface Hasher {
  /** Packs the identifier of a call. */
  readonly begin: (id: string) => void
  /** The first 60 bits of the hash of prefix, identifier and salt, over 2^60. */
  readonly finish: (packed: Packed) => number
}

/** What comes before and after the identifier, packed. */
export interface Packed {
  readonly length: number
  readonly words: Int32Array
  readonly salt: string
}

export const pack = (prefix: string, salt: string): Packed => {
  const words = new Int32Array(16)
  for (let index = 0; index < prefix.length; index++) put(words, index, prefix.charCodeAt(index))
  return { length: prefix.length, words, salt }
}

export const hasher = (): Hasher => {
  // The identifier at each of the four places in a word where it can begin.
  const shifted = [0, 1, 2, 3].map(() => new Int32Array(16))
  const block = new Int32Array(16)
  let idLength = 0
  return {
    begin: (id) => {
      idLength = id.length
      for (let shift = 0; shift < 4; shift++) {
        const words = shifted[shift] ?? block
        words.fill(0)
        for (let index = 0; index < id.length; index++) put(words, index + shift, id.charCodeAt(index))
      }
    },
    finish: ({ length, salt, words }) => {
      const first = length >>> 2
      const id = shifted[length & 3] ?? block
      for (let index = 0; index < first; index++) block[index] = words[index] ?? 0
      block[first] = (words[first] ?? 0) | (id[0] ?? 0)
      for (let index = first + 1; index < 16; index++) block[index] = id[index - first] ?? 0
      let end = length + idLength
      for (let index = 0; index < salt.length; index++) put(block, end++, salt.charCodeAt(index))
      put(block, end, 0x80)
      block[15] = end * 8
      return compress(block)
    }
  }
}

const put = (words: Int32Array, at: number, byte: number): void => {
  words[at >>> 2] = (words[at >>> 2] ?? 0) | (byte << (24 - 8 * (at & 3)))
}

// FIPS 180-4, section 6.1.2, for one block: each round is written out with the variables already in their places.
const straightLine = (): string => {
  const lines = ["let a = 0x67452301, b = 0xefcdab89 | 0, c = 0x98badcfe | 0, d = 0x10325476, e = 0xc3d2e1f0 | 0"]
  lines.push(`let ${Array.from({ length: 16 }, (_, index) => `w${index} = block[${index}]`).join(", ")}`)
  const names = ["a", "b", "c", "d", "e"]
  for (let round = 0; round < 80; round++) {
    const [a, b, c, d, e] = names
    const word = `w${round % 16}`
    if (round >= 16) {
      const earlier = [3, 8, 14, 16].map((distance) => `w${(round - distance) % 16}`)
      lines.push(`${word} = ${earlier.join(" ^ ")}`, `${word} = (${word} << 1) | (${word} >>> 31)`)
    }
    const quarter = Math.floor(round / 20)
    const mixed = quarter === 0
      ? `${d} ^ (${b} & (${c} ^ ${d}))`
      : quarter === 2
      ? `(${b} & ${c}) | (${d} & (${b} | ${c}))`
      : `${b} ^ ${c} ^ ${d}`
    const constant = ["0x5a827999", "0x6ed9eba1", "0x8f1bbcdc", "0xca62c1d6"][quarter]
    lines.push(`${e} = (((${a} << 5) | (${a} >>> 27)) + (${mixed}) + ${e} + ${constant} + ${word}) | 0`)
    lines.push(`${b} = (${b} << 30) | (${b} >>> 2)`)
    names.unshift(names.pop() ?? "")
  }
  lines.push("return (((a + 0x67452301) >>> 0) * 2 ** 28 + ((b + 0xefcdab89) >>> 4)) / 2 ** 60")
  return lines.join("\n")
}

const compress = new Function("block", straightLine()) as (block: Int32Array) => number
