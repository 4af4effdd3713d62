// Generated from packages/effect-posthog/src/internal/spool/records.ts by packages/tools/editions.mjs: change that file, not this one.
import { isObject as isRecord } from "effect/Predicate"
import type { PostHogEvent } from "../../EventDraft.ts"

/**
 * The version of the format that this module writes, and the newest that it reads.
 *
 * @internal
 */
export const formatVersion = 1

// A line for each event: the length of its JSON, a checksum of what follows it, the time of acceptance, the JSON.
// "0000002a 5f1e9c03 0193a1b2c3d4 {...}\n"
const lengthDigits = 8
const checksumAt = lengthDigits + 1
const checksumDigits = 8
const checkedFrom = checksumAt + checksumDigits + 1
const timeDigits = 12
const jsonAt = checkedFrom + timeDigits + 1

const newline = 10
const space = 32

/** The longest JSON a line may announce: more than any event. */
const mostBytes = 64 * 1024 * 1024

const tables = (() => {
  const last = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ 0xedb88320
    return value
  })
  const before = (table: Uint32Array) => table.map((value) => (value >>> 8) ^ (last[value & 0xff] ?? 0))
  const third = before(last)
  const second = before(third)
  return { first: before(second), second, third, last }
})()

/**
 * CRC-32, as zlib has it.
 *
 * @internal
 */
export const checksum = (bytes: Uint8Array, from: number, to: number): number => {
  const { first, last, second, third } = tables
  let value = 0xffffffff
  let at = from
  for (; at + 4 <= to; at += 4) {
    value ^= (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    value = (first[value & 0xff] as number) ^ (second[(value >>> 8) & 0xff] as number) ^
      (third[(value >>> 16) & 0xff] as number) ^ (last[value >>> 24] as number)
  }
  for (; at < to; at++) value = (value >>> 8) ^ (last[(value ^ (bytes[at] as number)) & 0xff] as number)
  return (value ^ 0xffffffff) >>> 0
}

const writeHex = (bytes: Uint8Array, at: number, digits: number, value: number): void => {
  let rest = value
  for (let index = at + digits - 1; index >= at; index--) {
    const digit = rest % 16
    bytes[index] = digit < 10 ? 48 + digit : 87 + digit
    rest = (rest - digit) / 16
  }
}

/** The number, or `NaN`. */
const readHex = (bytes: Uint8Array, at: number, digits: number): number => {
  let value = 0
  for (let index = at; index < at + digits; index++) {
    const byte = bytes[index] ?? 0
    const digit = byte >= 48 && byte <= 57 ? byte - 48 : byte >= 97 && byte <= 102 ? byte - 87 : Number.NaN
    value = value * 16 + digit
  }
  return value
}

const encoder = new TextEncoder()

const checksumText = (text: string): string => {
  const bytes = encoder.encode(text)
  return checksum(bytes, 0, bytes.length).toString(16).padStart(checksumDigits, "0")
}

/**
 * The first line of a file of this version. It has a checksum of its own, so that damage does not look like a newer
 * version.
 *
 * @internal
 */
export const headerOf = (version: number): Uint8Array => {
  const text = `effect-posthog events ${version}`
  return encoder.encode(`${text} ${checksumText(text)}\n`)
}

const header = headerOf(formatVersion)

const usualBytes = 16 * 1024

/** More room is not kept for the next lines. */
const mostKept = 4 * 1024 * 1024

/**
 * Bytes that grow, and the lines in them.
 *
 * @internal
 */
export class Lines {
  private bytes = new Uint8Array(usualBytes)
  length = 0

  clear(): void {
    this.length = 0
    if (this.bytes.length > mostKept) this.bytes = new Uint8Array(usualBytes)
  }

  get written(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }

  addHeader(): void {
    this.reserve(header.length)
    this.bytes.set(header, this.length)
    this.length += header.length
  }

  addEvent(event: PostHogEvent, acceptedAt: number): void {
    const json = JSON.stringify(event)
    this.reserve(jsonAt + json.length * 3 + 1)
    const { bytes, length: start } = this
    const { written } = encoder.encodeInto(json, bytes.subarray(start + jsonAt))
    const end = start + jsonAt + written
    writeHex(bytes, start, lengthDigits, written)
    bytes[start + lengthDigits] = space
    writeHex(bytes, start + checkedFrom, timeDigits, Math.max(0, Math.floor(acceptedAt)))
    bytes[start + jsonAt - 1] = space
    writeHex(bytes, start + checksumAt, checksumDigits, checksum(bytes, start + checkedFrom, end))
    bytes[start + checkedFrom - 1] = space
    bytes[end] = newline
    this.length = end + 1
  }

  private reserve(more: number): void {
    const needed = this.length + more
    if (needed <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2))
    grown.set(this.written)
    this.bytes = grown
  }
}

/**
 * An event that was read, and where its line is.
 *
 * @internal
 */
export interface ReadEvent {
  readonly from: number
  readonly to: number
  readonly acceptedAt: number
  readonly event: PostHogEvent
}

const decoder = new TextDecoder()

const parseEvent = (text: string): PostHogEvent | undefined => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isRecord(value)) return undefined
  const { distinctId, event, properties, timestamp, uuid } = value
  return typeof event === "string" && typeof distinctId === "string" && typeof timestamp === "string" &&
      typeof uuid === "string" && isRecord(properties)
    ? { event, distinctId, properties, timestamp, uuid }
    : undefined
}

const headerPattern = /^(effect-posthog events (\d{1,9})) ([0-9a-f]{8})\n/

/**
 * The version that the beginning of a file states; `undefined` when it states none, or is damaged.
 *
 * @internal
 */
export const versionOf = (bytes: Uint8Array): number | undefined => {
  const [, text, version, expected] = headerPattern.exec(decoder.decode(bytes.subarray(0, 64))) ?? []
  return text !== undefined && checksumText(text) === expected ? Number(version) : undefined
}

/**
 * Reads the events of a part of a file. What cannot be read is passed over and counted: a damaged line costs no other.
 *
 * @internal
 */
export class LineReader {
  private readonly bytes: Uint8Array
  /** Where the bytes begin in the file. */
  private readonly start: number
  private at = 0
  corrupt = 0
  torn = 0

  constructor(bytes: Uint8Array, start: number) {
    this.bytes = bytes
    this.start = start
    if (start === 0) this.at = this.endOfHeader()
  }

  // A header that is damaged has the usual length, unless it was damaged beyond that.
  private endOfHeader(): number {
    if (versionOf(this.bytes) !== undefined) return this.bytes.indexOf(newline) + 1
    if (this.lineAt(header.length) !== undefined) return header.length
    const end = this.bytes.indexOf(newline)
    return this.lineAt(0) !== undefined || end < 0 || end > 2 * header.length ? 0 : end + 1
  }

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length
  }

  /** The next event; `undefined` at the end. */
  next(): ReadEvent | undefined {
    while (this.at < this.bytes.length) {
      const line = this.lineAt(this.at)
      if (line !== undefined) {
        const from = this.at
        this.at = line
        const event = parseEvent(decoder.decode(this.bytes.subarray(from + jsonAt, line - 1)))
        if (event !== undefined) {
          return {
            from: this.start + from,
            to: this.start + line,
            acceptedAt: readHex(this.bytes, from + checkedFrom, timeDigits),
            event
          }
        }
        this.corrupt++
        continue
      }
      this.skipDamage()
    }
    return undefined
  }

  /** Where the line that begins here ends, if it is whole. */
  private lineAt(from: number): number | undefined {
    const end = this.announcedEnd(from)
    if (end === undefined || end > this.bytes.length) return undefined
    const expected = readHex(this.bytes, from + checksumAt, checksumDigits)
    return checksum(this.bytes, from + checkedFrom, end - 1) === expected ? end : undefined
  }

  private announcedEnd(from: number): number | undefined {
    const length = readHex(this.bytes, from, lengthDigits)
    return length > 0 && length <= mostBytes ? from + jsonAt + length + 1 : undefined
  }

  // The damaged line ends where it says, if a whole one follows there; else with the next newline. Without one, the file
  // was cut.
  private skipDamage(): void {
    const announced = this.announcedEnd(this.at)
    if (announced !== undefined && announced < this.bytes.length && this.lineAt(announced) !== undefined) {
      this.corrupt++
      this.at = announced
      return
    }
    const end = this.bytes.indexOf(newline, this.at)
    if (end < 0 || (end === this.bytes.length - 1 && announced !== undefined && announced > this.bytes.length)) {
      this.torn++
      this.at = this.bytes.length
      return
    }
    this.corrupt++
    this.at = end + 1
  }
}

const rangeDigits = 10
const rangeLength = rangeDigits * 2 + checksumDigits + 3

/**
 * Parts of a file.
 *
 * @internal
 */
export interface Range {
  readonly from: number
  to: number
}

/**
 * Lines that say which parts of a file have ended.
 *
 * @internal
 */
export const encodeRanges = (ranges: ReadonlyArray<Range>): Uint8Array => {
  const bytes = new Uint8Array(ranges.length * rangeLength)
  let at = 0
  for (const { from, to } of ranges) {
    writeHex(bytes, at, rangeDigits, from)
    bytes[at + rangeDigits] = space
    writeHex(bytes, at + rangeDigits + 1, rangeDigits, to)
    bytes[at + rangeDigits * 2 + 1] = space
    writeHex(bytes, at + rangeDigits * 2 + 2, checksumDigits, checksum(bytes, at, at + rangeDigits * 2 + 1))
    bytes[at + rangeLength - 1] = newline
    at += rangeLength
  }
  return bytes
}

/**
 * The parts that have ended. What cannot be read is passed over: its events are sent a second time, under the same uuid.
 *
 * @internal
 */
export const decodeRanges = (bytes: Uint8Array): ReadonlyArray<Range> => {
  const ranges: Array<Range> = []
  let at = 0
  while (at + rangeLength <= bytes.length) {
    const from = readHex(bytes, at, rangeDigits)
    const to = readHex(bytes, at + rangeDigits + 1, rangeDigits)
    const expected = readHex(bytes, at + rangeDigits * 2 + 2, checksumDigits)
    if (to > from && checksum(bytes, at, at + rangeDigits * 2 + 1) === expected) {
      ranges.push({ from, to })
      at += rangeLength
      continue
    }
    const end = bytes.indexOf(newline, at)
    if (end < 0) break
    at = end + 1
  }
  return ranges.sort((left, right) => left.from - right.from)
}
