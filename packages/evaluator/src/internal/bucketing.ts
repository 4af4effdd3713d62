/**
 * Hashing of identifiers into buckets, with the work that repeats done once: the part that belongs to a flag is packed
 * into words when definitions are compiled, the identifier once per caller.
 *
 * @since 0.1.0
 */
import { compress, initialState } from "./sha1.ts"
import { maximumBytes, writeUtf8 } from "./utf8.ts"

/**
 * What stands before the identifier, as big-endian words; the bytes after its end are zero.
 *
 * @internal
 */
export interface PackedPrefix {
  readonly bytes: number
  readonly words: Int32Array
}

/**
 * @internal
 */
export const salts = { rollout: "", variant: "variant" } as const

type Salt = keyof typeof salts

const state = new Int32Array(5)

let scratch = new Int32Array(16 * 16)

/** Words that hold `bytes` bytes behind a prefix that ends within a word, and the byte that ends the message. */
const wordsFor = (bytes: number): number => ((bytes + 4) >> 2) + 1

const writeWords = (source: Uint8Array, length: number, words: Int32Array, offset: number, shift: number): void => {
  for (let i = 0; i < length; i++) {
    const position = i + shift
    words[offset + (position >> 2)]! |= source[i]! << (24 - ((position & 3) << 3))
  }
}

/**
 * @internal
 */
export const packPrefix = (prefix: string): PackedPrefix => {
  const encoded = new Uint8Array(maximumBytes(prefix.length))
  const bytes = writeUtf8(prefix, encoded, 0)
  const words = new Int32Array((bytes + 3) >> 2)
  writeWords(encoded, bytes, words, 0, 0)
  return { bytes, words }
}

/**
 * An identifier, ready to be put behind any prefix: packed once for each of the four positions within a word at which a
 * prefix can end, and for each salt, when first needed.
 *
 * @internal
 */
export class PackedIdentifier {
  text: string | undefined
  private encoded: Uint8Array
  private bytes = 0
  private stride = 0
  private words: Int32Array
  private ready = 0

  constructor() {
    this.text = undefined
    this.encoded = new Uint8Array(128)
    this.words = new Int32Array(0)
  }

  /** Replaces the identifier. */
  pack(text: string): void {
    const room = maximumBytes(text.length) + salts.variant.length + 1
    if (this.encoded.length < room) {
      this.encoded = new Uint8Array(room)
    }
    this.bytes = writeUtf8(text, this.encoded, 0)
    this.stride = wordsFor(this.bytes + salts.variant.length + 1)
    if (this.words.length < this.stride * 8) {
      this.words = new Int32Array(this.stride * 8)
    }
    this.ready = 0
    this.text = text
  }

  /** The first 60 bits of the SHA-1 of prefix, identifier and salt, over 2^60. */
  hash(prefix: PackedPrefix, salt: Salt): number {
    const shift = prefix.bytes & 3
    const variety = salt === "variant" ? shift + 4 : shift
    if ((this.ready & (1 << variety)) === 0) {
      this.prepare(variety, shift, salt)
    }
    const total = prefix.bytes + this.bytes + salts[salt].length
    const end = ((total + 8) >> 6) * 16 + 16
    if (scratch.length < end) {
      scratch = new Int32Array(end)
    }
    const block = scratch
    const prefixWords = prefix.words
    const whole = prefix.bytes >> 2
    for (let i = 0; i < whole; i++) {
      block[i] = prefixWords[i]!
    }
    const words = this.words
    let from = variety * this.stride
    const until = whole + ((shift + this.bytes + salts[salt].length) >> 2) + 1
    block[whole] = shift === 0 ? words[from]! : prefixWords[whole]! | words[from]!
    for (let i = whole + 1; i < until; i++) {
      block[i] = words[++from]!
    }
    for (let i = until; i < end; i++) {
      block[i] = 0
    }
    block[end - 1] = total << 3
    return digest(block, end)
  }

  private prepare(variety: number, shift: number, salt: Salt): void {
    const length = writeUtf8(salts[salt], this.encoded, this.bytes)
    this.encoded[length] = 0x80
    const offset = variety * this.stride
    this.words.fill(0, offset, offset + this.stride)
    writeWords(this.encoded, length + 1, this.words, offset, shift)
    this.ready |= 1 << variety
  }
}

const digest = (block: Int32Array, end: number): number => {
  state[0] = initialState[0]!
  state[1] = initialState[1]!
  state[2] = initialState[2]!
  state[3] = initialState[3]!
  state[4] = initialState[4]!
  for (let offset = 0; offset < end; offset += 16) {
    compress(state, block, offset)
  }
  return ((state[0] >>> 0) * 0x10000000 + (state[1] >>> 4)) / 0x1000000000000000
}

/**
 * The same for texts of any length, without preparation.
 *
 * @internal
 */
export const hashText = (text: string): number => {
  const encoded = new Uint8Array(maximumBytes(text.length) + 1)
  const length = writeUtf8(text, encoded, 0)
  encoded[length] = 0x80
  const block = new Int32Array(((length + 8) >> 6) * 16 + 16)
  writeWords(encoded, length + 1, block, 0, 0)
  block[block.length - 2] = Math.floor(length / 0x20000000)
  block[block.length - 1] = length << 3
  return digest(block, block.length)
}
