/**
 * Hashes of one identifier behind many prefixes, made together before they are asked for.
 *
 * @since 1.0.0
 */
import type { PackedPrefix, Salt } from "./bucketing.ts"
import { placeOf, saltTexts, variantSalt } from "./bucketing.ts"
import type { Lanes } from "./sha1Lanes.ts"
import { digestBytes, digestsAt, laneCount, longestMessages, recordBytes, recordsAt, tails } from "./sha1Lanes.ts"
import { writeUtf8 } from "./utf8.ts"

/**
 * What stands around an identifier.
 *
 * @internal
 */
export interface Surroundings {
  readonly prefix: PackedPrefix
  readonly salt: Salt
}

/**
 * The longest prefix that fits a record.
 *
 * @internal
 */
export const longestPrefix = 64

const [longestInBlock, longestInBlocks] = longestMessages

const bytesAround = ({ prefix, salt }: Surroundings): number => prefix.bytes + saltTexts[salt].length

/** Writes what follows the prefixes, without and with salt, unless it is there. Returns the bytes of the identifier. */
const writeTails = (memory: Lanes, identifier: string): number => {
  if (identifier === memory.identifier) return memory.identifierBytes
  const { bytes } = memory
  const [plain, salted] = tails
  const length = writeUtf8(identifier, bytes, plain) - plain
  for (let i = 0; i < length; i++) bytes[salted + i] = bytes[plain + i]!
  bytes[plain + length] = 0x80
  const end = writeUtf8(saltTexts[variantSalt], bytes, salted + length) - salted
  bytes[salted + end] = 0x80
  for (let i = length + 1; i < memory.written; i++) bytes[plain + i] = 0
  for (let i = end + 1; i < memory.written; i++) bytes[salted + i] = 0
  memory.written = end + 1
  memory.identifier = identifier
  memory.identifierBytes = length
  return length
}

/** @internal */
export class HashesAhead {
  /** The identifier that the hashes are of. */
  identifier: string | undefined = undefined
  /** By the place that a prefix has for a salt; the first place is no hash's. */
  readonly hashes: Float64Array
  private readonly lanes: Lanes
  /** The bytes around the identifier, from few to many. */
  private readonly lengths: Uint8Array
  private readonly records: Int32Array

  /** Gives every prefix its place. */
  constructor(lanes: Lanes, wanted: ReadonlyArray<Surroundings>) {
    this.lanes = lanes
    this.hashes = new Float64Array(wanted.length + 1).fill(Number.NaN)
    this.lengths = new Uint8Array(wanted.length)
    this.records = new Int32Array(Math.ceil(wanted.length / laneCount) * (recordBytes >> 2))
    // Messages of about the same length share a batch, so that few batches have a second block.
    const byLength = Array.from({ length: longestInBlocks }, (): Array<Surroundings> => [])
    for (const surroundings of wanted) byLength[bytesAround(surroundings)]!.push(surroundings)
    let index = 0
    for (const same of byLength) {
      for (const surroundings of same) {
        this.lengths[index] = bytesAround(surroundings)
        writeRecord(surroundings, this.records, index)
        surroundings.prefix.places[surroundings.salt] = ++index
      }
    }
  }

  /** Hashes an identifier, unless it is too long. */
  prepare(identifier: string): void {
    if (this.identifier === identifier || identifier.length > longestInBlocks) return
    const { hashes, lanes, lengths, records } = this
    this.identifier = undefined
    const length = writeTails(lanes, identifier)
    let fitting = lengths.length
    while (fitting > 0 && lengths[fitting - 1]! + length > longestInBlocks) hashes[fitting--] = Number.NaN
    let short = fitting
    while (short > 0 && lengths[short - 1]! + length > longestInBlock) short--
    if (lanes.records !== records) {
      lanes.words.set(records, recordsAt >> 2)
      lanes.records = records
    }
    this.hash(0, short, length, 0)
    this.hash(short, fitting, length, 64)
    this.identifier = identifier
  }

  /** Hashes the messages of some places. Where a batch has others as well, their hashes are not looked at. */
  private hash(from: number, to: number, length: number, last: number): void {
    if (from === to) return
    const { hashes, lanes } = this
    const batch = Math.floor(from / laneCount)
    const batches = Math.ceil(to / laneCount) - batch
    lanes.hash(recordsAt + batch * recordBytes, digestsAt + batch * digestBytes, batches, length << 3, last)
    for (let i = from; i < to; i++) {
      const at = (digestsAt >> 2) + ((i >> 2) << 3) + (i & 3)
      hashes[i + 1] = placeOf(lanes.words[at]!, lanes.words[at + laneCount]!)
    }
  }
}

const writeRecord = (surroundings: Surroundings, records: Int32Array, index: number): void => {
  const { bytes, start, words } = surroundings.prefix
  const lane = index % laneCount
  const record = (index - lane) / laneCount * (recordBytes >> 2)
  records[record + lane] = tails[surroundings.salt] - bytes
  records[record + laneCount + lane] = bytesAround(surroundings) << 3
  const at = record + 2 * laneCount + lane * (longestPrefix >> 2)
  for (let i = 0; i < (longestPrefix >> 2) && 4 * i < bytes; i++) records[at + i] = words[start + i]!
}
