/**
 * SHA-1 of four short messages at once, with the SIMD instructions of WebAssembly.
 *
 * The module is written here, instruction by instruction, when a process first needs it: there is nothing binary to
 * trust, and the eighty rounds are a loop in the source and straight-line code in the module. Where an engine lacks
 * WebAssembly or SIMD, or does not let code be made, there are no lanes.
 *
 * @since 1.0.0
 */

/**
 * Messages that are hashed at once, one in each lane of the vectors: a batch.
 *
 * @internal
 */
export const laneCount = 4

/**
 * The most messages that the memory of the lanes holds.
 *
 * @internal
 */
export const mostMessages = 4096

/**
 * The most bytes of a message in one block and in two: one more byte ends it, and eight are its length.
 *
 * @internal
 */
export const longestMessages = [55, 119] as const

/**
 * Where in memory, between zeros, what follows the prefixes begins: without and with the salt of variants.
 *
 * @internal
 */
export const tails = [64, 576] as const

const zeros = 1088

/**
 * Where digests are: for each batch the first words of the four, then the second ones.
 *
 * @internal
 */
export const digestsAt = 2048

/** @internal */
export const digestBytes = 32

/**
 * Where records are, one for each batch. A record has, for each lane: where the tail begins, less the length of the
 * prefix; the bits of prefix and salt; the sixteen words of the prefix.
 *
 * @internal
 */
export const recordsAt = digestsAt + (mostMessages / laneCount) * digestBytes

/** @internal */
export const recordBytes = 288

const pages = 6

type Hash = (records: number, digests: number, batches: number, bits: number, last: number) => void

/**
 * The module and what its memory holds.
 *
 * @internal
 */
export class Lanes {
  readonly bytes: Uint8Array
  readonly words: Int32Array
  /**
   * Hashes batches, given where their records are and where their digests go. `bits` are those of the identifier. `last`
   * is 0 for messages of one block, 64 for those of two.
   */
  readonly hash: Hash
  records: Int32Array | undefined = undefined
  identifier: string | undefined = undefined
  identifierBytes = 0
  /** The bytes of a tail that may not be zero. */
  written: number

  constructor(buffer: ArrayBuffer, hash: Hash) {
    this.bytes = new Uint8Array(buffer)
    this.words = new Int32Array(buffer)
    this.hash = hash
    this.bytes.set(example, tails[0])
    this.written = example.length
  }

  /** Whether the lanes hash as they should. A machine may have another order of bytes in its words. */
  areRight(): boolean {
    this.words[recordsAt >> 2] = tails[0]
    this.hash(recordsAt, digestsAt, 1, 24, 0)
    return this.words[digestsAt >> 2] === (0xa9993e36 | 0) &&
      this.words[(digestsAt >> 2) + laneCount] === 0x4706816a
  }
}

/** That of FIPS 180-4, "abc", and the bit behind it. */
const example = [0x61, 0x62, 0x63, 0x80]

/** What an engine has for WebAssembly. `lib` does not say, as it leaves out what only some hosts have. */
interface Host {
  readonly WebAssembly?: {
    readonly Module: new(bytes: Uint8Array) => object
    readonly Instance: new(
      module: object
    ) => { readonly exports: { readonly m: { readonly buffer: ArrayBuffer }; readonly h: Hash } }
  }
}

/**
 * Makes the lanes. `undefined` where that is not possible.
 *
 * Browsers, and workers in their manner, are left alone: a policy that does not let code be made would report that it
 * was tried.
 *
 * @internal
 */
export const openLanes = (): Lanes | undefined => {
  const { WebAssembly } = globalThis as unknown as Host
  if (WebAssembly === undefined || "document" in globalThis || "WorkerGlobalScope" in globalThis) return undefined
  try {
    const { h: hash, m: memory } = new WebAssembly.Instance(new WebAssembly.Module(assemble())).exports
    const lanes = new Lanes(memory.buffer, hash)
    return lanes.areRight() ? lanes : undefined
  } catch {
    return undefined
  }
}

// Types and opcodes, as the specification of WebAssembly numbers them.
const i32 = 0x7f
const v128 = 0x7b
const nothing = 0x40
const loop = 0x03
const when = 0x04
const end = 0x0b
const branch = 0x0c
const branchIf = 0x0d
const getLocal = 0x20
const setLocal = 0x21
const loadNumber = 0x28
const number = 0x41
const areEqual = 0x46
const differ = 0x47
const addNumbers = 0x6a
// Those of vectors stand behind this one.
const ofVectors = 0xfd
const loadVector = 0x00
const storeVector = 0x0b
const vector = 0x0c
const shuffle = 0x0d
const swizzle = 0x0e
const splat = 0x11
const or = 0x50
const xor = 0x51
const select = 0x52
const shiftLeft = 0xab
const shiftRight = 0xad
const add = 0xae

/** Appends a number as LEB128 has it. */
const unsigned = (value: number, code: Array<number>): void => {
  let rest = value
  for (; rest > 0x7f; rest >>>= 7) code.push((rest & 0x7f) | 0x80)
  code.push(rest)
}

const signed = (value: number, code: Array<number>): void => {
  let rest = value
  for (; rest < -0x40 || rest > 0x3f; rest >>= 7) code.push((rest & 0x7f) | 0x80)
  code.push(rest & 0x7f)
}

/** What is preceded by its length. Spreading it would take longer than all the rest. */
const sized = (content: ReadonlyArray<number>): ReadonlyArray<number> => {
  const length: Array<number> = []
  unsigned(content.length, length)
  return length.concat(content)
}

const assemble = (): Uint8Array =>
  new Uint8Array(
    [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00].concat(
      // A type: five numbers to nothing. A function of that type. A memory that does not grow.
      [0x01],
      sized([1, 0x60, 5, i32, i32, i32, i32, i32, 0]),
      [0x03],
      sized([1, 0]),
      [0x05],
      sized([1, 1, pages, pages]),
      // Exports: m, the memory; h, the function.
      [0x07],
      sized([2, 1, 0x6d, 2, 0, 1, 0x68, 0, 0]),
      [0x0a],
      sized([1].concat(sized(hashFunction())))
    )
  )

const initialHash = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0] as const

/** What is added in the rounds of each quarter. */
const constants = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6] as const

const hashFunction = (): ReadonlyArray<number> => {
  const code: Array<number> = []
  const get = (index: number): void => void code.push(getLocal, index)
  const set = (index: number): void => void code.push(setLocal, index)
  const constant = (value: number): void => {
    code.push(number)
    signed(value | 0, code)
  }
  const simd = (operation: number): void => {
    code.push(ofVectors)
    unsigned(operation, code)
  }
  const at = (operation: number, offset: number): void => {
    simd(operation)
    code.push(0)
    unsigned(offset, code)
  }
  const both = (first: number, second: number, operation: number): void => {
    get(first)
    get(second)
    simd(operation)
  }
  const and = (next: number, operation: number): void => {
    get(next)
    simd(operation)
  }
  const everywhere = (value: number, index: number): void => {
    constant(value)
    simd(splat)
    set(index)
  }
  const shift = (index: number, operation: number, bits: number): void => {
    get(index)
    constant(bits)
    simd(operation)
  }
  const rotate = (index: number, bits: number): void => {
    shift(index, shiftLeft, bits)
    shift(index, shiftRight, 32 - bits)
    simd(or)
  }
  const advance = (index: number, by: number): void => {
    get(index)
    constant(by)
    code.push(addNumbers)
    set(index)
  }

  const [records, digests, batches, bits, last, offset, prefix] = [0, 1, 2, 3, 4, 5, 6] as const
  const firstVector = 7
  let locals = firstVector
  const take = (count: number): number => (locals += count) - count
  const word = take(16)
  const working = take(5)
  const hash = take(5)
  const row = take(laneCount)
  const added = take(4)
  const length = take(1)
  const highestFirst = take(1)

  /** Four of the eight words of two vectors. */
  const choose = (first: number, second: number, ...words: ReadonlyArray<number>): void => {
    both(first, second, shuffle)
    for (const word of words) code.push(4 * word, 4 * word + 1, 4 * word + 2, 4 * word + 3)
  }

  /** Lays the tails over the prefixes, and turns a row of words of each lane into a vector of each word. */
  const gather = (first: number, offsetOfRow: number): void => {
    for (let lane = 0; lane < laneCount; lane++) {
      get(records)
      code.push(loadNumber, 2, 4 * lane)
      get(offset)
      code.push(addNumbers)
      at(loadVector, offsetOfRow)
      and(highestFirst, swizzle)
      get(prefix)
      at(loadVector, 64 * lane + offsetOfRow)
      simd(or)
      set(row + lane)
    }
    for (let pair = 0; pair < 2; pair++) {
      choose(row + 2 * pair, row + 2 * pair + 1, 0, 4, 1, 5)
      set(first + pair)
      choose(row + 2 * pair, row + 2 * pair + 1, 2, 6, 3, 7)
      set(first + 2 + pair)
    }
    for (let pair = first; pair < first + 4; pair += 2) {
      choose(pair, pair + 1, 0, 1, 4, 5)
      choose(pair, pair + 1, 2, 3, 6, 7)
      set(pair + 1)
      set(pair)
    }
  }

  const round = (index: number): void => {
    const variable = (place: number): number => working + (place + 80 - index) % 5
    const [a, b, c, d, e] = [variable(0), variable(1), variable(2), variable(3), variable(4)]
    const earlier = (rounds: number): number => word + (index + 16 - rounds) % 16
    const current = earlier(0)
    if (index >= 16) {
      both(earlier(3), earlier(8), xor)
      and(earlier(14), xor)
      and(current, xor)
      set(current)
      rotate(current, 1)
      set(current)
    }
    const quarter = Math.floor(index / 20)
    both(added + quarter, current, add)
    and(e, add)
    if (quarter === 0) {
      get(c)
      both(d, b, select)
    } else if (quarter === 2) {
      // Where b and c agree, they are the majority.
      get(d)
      get(b)
      both(b, c, xor)
      simd(select)
    } else {
      both(b, c, xor)
      and(d, xor)
    }
    simd(add)
    rotate(a, 5)
    simd(add)
    set(e)
    rotate(b, 30)
    set(b)
  }

  constants.forEach((value, quarter) => everywhere(value, added + quarter))
  simd(vector)
  code.push(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)
  set(highestFirst)

  code.push(loop, nothing)
  get(bits)
  simd(splat)
  get(records)
  at(loadVector, 4 * laneCount)
  simd(add)
  set(length)
  initialHash.forEach((value, place) => everywhere(value, hash + place))
  constant(0)
  set(offset)
  get(records)
  set(prefix)
  advance(prefix, 8 * laneCount)

  code.push(loop, nothing)
  for (let i = 0; i < 4; i++) gather(word + 4 * i, 16 * i)
  get(offset)
  get(last)
  code.push(areEqual, when, nothing)
  both(word + 15, length, or)
  set(word + 15)
  code.push(end)
  for (let i = 0; i < 5; i++) {
    get(hash + i)
    set(working + i)
  }
  for (let i = 0; i < 80; i++) round(i)
  for (let i = 0; i < 5; i++) {
    both(hash + i, working + i, add)
    set(hash + i)
  }
  get(offset)
  get(last)
  code.push(differ, when, nothing)
  get(last)
  set(offset)
  constant(zeros)
  set(prefix)
  code.push(branch, 1, end, end)

  for (let i = 0; i < 2; i++) {
    get(digests)
    get(hash + i)
    at(storeVector, 4 * laneCount * i)
  }
  advance(digests, digestBytes)
  advance(records, recordBytes)
  advance(batches, -1)
  get(batches)
  code.push(branchIf, 0, end, end)
  return [2, firstVector - 5, i32, locals - firstVector, v128].concat(code)
}
