/**
 * Hashing of identifiers into buckets, with the work that repeats done once: the part that belongs to a flag is packed
 * into words when definitions are compiled, the identifier once per caller.
 *
 * @since 1.0.0
 */
import { compress, initialize } from "./sha1.ts"
import { maximumBytes, writeUtf8 } from "./utf8.ts"

/**
 * What stands before the identifier, as big-endian words from `start` on. The bytes after its end are zero, up to a
 * block at least.
 *
 * @internal
 */
export interface PackedPrefix {
  readonly bytes: number
  readonly words: Int32Array
  readonly start: number
  /** Its place among the hashes that are made ahead, for each salt; 0 for none. */
  readonly places: [rollout: number, variant: number]
}

/**
 * What stands behind the identifier: nothing for the rollout, a word for the variant.
 *
 * @internal
 */
export type Salt = 0 | 1

/** @internal */
export const rolloutSalt: Salt = 0

/** @internal */
export const variantSalt: Salt = 1

/** @internal */
export const saltTexts = ["", "variant"] as const

const saltBytes = saltTexts[variantSalt].length

/** The most bytes of a message in one block: one more ends it, and eight are its length. */
const longestInBlock = 55

const wordsInBlock = 16

/** For a message in one block, a block of zeros before the identifier, and the block it reaches into. */
const row = 2 * wordsInBlock

const state = new Int32Array(5)

const zeros = new Int32Array(wordsInBlock)

/** Room for the prefixes of all but the longest keys. */
const scratch = new Uint8Array(512)

/** Prefixes share arrays, as an array is several times the size of most prefixes. */
let shared = new Int32Array(0)

let taken = 0

const sharedWords = 64 * wordsInBlock

const writeWords = (source: Uint8Array, length: number, words: Int32Array, position: number): void => {
  for (let i = 0; i < length; i++) {
    const at = position + i
    words[at >> 2]! |= source[i]! << (24 - ((at & 3) << 3))
  }
}

/**
 * The first 60 bits of a digest, given by its first words, over 2^60.
 *
 * @internal
 */
export const placeOf = (first: number, second: number): number =>
  ((first >>> 0) * 0x10000000 + (second >>> 4)) / 0x1000000000000000

/** @internal */
export const packPrefix = (prefix: string): PackedPrefix => {
  const room = maximumBytes(prefix.length)
  const encoded = room > scratch.length ? new Uint8Array(room) : scratch
  const bytes = writeUtf8(prefix, encoded, 0)
  const needed = Math.max(wordsInBlock, (bytes + 3) >> 2)
  if (taken + needed > shared.length) {
    shared = new Int32Array(Math.max(needed, sharedWords))
    taken = 0
  }
  const start = taken
  taken += needed
  writeWords(encoded, bytes, shared, start * 4)
  return { bytes, words: shared, start, places: [0, 0] }
}

/**
 * An identifier, ready to be put behind any prefix: packed once for each of the four positions within a word at which a
 * prefix can end, and for each salt, when first needed.
 *
 * @internal
 */
export class PackedIdentifier {
  text: string | undefined = undefined
  private encoded = new Uint8Array(128)
  private bytes = 0
  private readonly rows = new Int32Array(8 * row)
  private prepared = 0

  /** Replaces the identifier. */
  pack(text: string): void {
    const room = maximumBytes(text.length) + saltBytes + 1
    if (this.encoded.length < room) this.encoded = new Uint8Array(room)
    this.bytes = writeUtf8(text, this.encoded, 0)
    this.prepared = 0
    this.text = text
  }

  /** The first 60 bits of the SHA-1 of prefix, identifier and salt, over 2^60. */
  hash(prefix: PackedPrefix, salt: Salt): number {
    const prefixBytes = prefix.bytes
    const total = prefixBytes + this.bytes + (salt === variantSalt ? saltBytes : 0)
    if (total > longestInBlock) return this.hashLong(prefix, salt, total)
    const variety = (salt << 2) | (prefixBytes & 3)
    if ((this.prepared & (1 << variety)) === 0) this.prepare(variety, salt)
    initialize(state)
    compress(
      state,
      prefix.words,
      prefix.start,
      this.rows,
      variety * row + wordsInBlock - (prefixBytes >> 2),
      total << 3
    )
    return placeOf(state[0]!, state[1]!)
  }

  /** Puts the salt, and the bit that ends the message, behind the identifier. */
  private finish(salt: Salt): number {
    const length = writeUtf8(saltTexts[salt], this.encoded, this.bytes)
    this.encoded[length] = 0x80
    return length + 1
  }

  private prepare(variety: number, salt: Salt): void {
    const start = variety * row + wordsInBlock
    this.rows.fill(0, start, start + wordsInBlock)
    writeWords(this.encoded, this.finish(salt), this.rows, start * 4 + (variety & 3))
    this.prepared |= 1 << variety
  }

  private hashLong(prefix: PackedPrefix, salt: Salt, total: number): number {
    const blocks = new Int32Array((((total + 8) >> 6) + 1) * wordsInBlock)
    blocks.set(prefix.words.subarray(prefix.start, prefix.start + ((prefix.bytes + 3) >> 2)))
    writeWords(this.encoded, this.finish(salt), blocks, prefix.bytes)
    blocks[blocks.length - 1] = total << 3
    initialize(state)
    for (let offset = 0; offset < blocks.length; offset += wordsInBlock) {
      compress(state, blocks, offset, zeros, 0, 0)
    }
    return placeOf(state[0]!, state[1]!)
  }
}

/**
 * The same for texts of any length, without preparation.
 *
 * @internal
 */
export const hashText = (text: string): number => {
  const identifier = new PackedIdentifier()
  identifier.pack(text)
  return identifier.hash(noPrefix, rolloutSalt)
}

const noPrefix = packPrefix("")
