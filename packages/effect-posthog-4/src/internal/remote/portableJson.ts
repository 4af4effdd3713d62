// Generated from packages/effect-posthog/src/internal/remote/portableJson.ts by packages/tools/editions.mjs: change that file, not this one.
/** Characters looked at in one step, which takes less than a millisecond. */
const charactersPerStep = 50_000

const [quotationMark, backslash, zero, nine] = [0x22, 0x5c, 0x30, 0x39]
const [lineSeparator, paragraphSeparator] = [0x2028, 0x2029]

const isSeparator = (code: number): boolean => code === lineSeparator || code === paragraphSeparator
const isDigit = (code: number): boolean => code >= zero && code <= nine

// Surrogates come in pairs, which take four bytes.
const bytesOf = (code: number): number => code < 0x80 ? 1 : code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 2 : 3

const ofNumber = /[\d.eE+-]*/y

/** The smallest integer that the reader refuses, 2^63, has 19 digits. */
const isLongInteger = (number: string): boolean => number.length >= 19 && /^\d+$/.test(number)

/** Text that holds neither of the two is portable. */
const separator = /[\u2028\u2029]/
const longInteger = /\d{19}/

/**
 * Makes JSON portable in steps, counting its bytes: `undefined` when there are more than the limit. What PostHog reads as
 * the body of `/flags` it reads as JSON5, in which U+2028 and U+2029 end a line, inside text too, and it refuses integers
 * of 2^63 or more that have no exponent.
 *
 * @internal
 */
export const makePortable = function*(json: string, limit: number): Generator<void, string | undefined> {
  let portable = ""
  let from = 0
  let bytes = 0
  let isText = false
  let endOfStep = charactersPerStep
  for (let index = 0; index < json.length; index++) {
    if (index >= endOfStep) {
      if (bytes > limit) return undefined
      endOfStep += charactersPerStep
      yield
    }
    const code = json.charCodeAt(index)
    bytes += bytesOf(code)
    if (isSeparator(code)) {
      portable += `${json.slice(from, index)}\\u${code.toString(16)}`
      from = index + 1
      bytes += 3
    } else if (isText) {
      if (code === backslash) {
        index += 1
        bytes += 1
      } else if (code === quotationMark) isText = false
    } else if (code === quotationMark) isText = true
    else if (isDigit(code)) {
      ofNumber.lastIndex = index
      const number = ofNumber.exec(json)?.[0] ?? ""
      index += number.length - 1
      bytes += number.length - 1
      if (!isLongInteger(number)) continue
      portable += `${json.slice(from, index + 1)}e0`
      from = index + 1
      bytes += 2
    }
  }
  return bytes > limit ? undefined : portable + json.slice(from)
}

/**
 * {@link makePortable} in one step, for what is not large.
 *
 * @internal
 */
export const toPortableJson = (content: unknown): string => {
  const json = JSON.stringify(content)
  if (!separator.test(json) && !longInteger.test(json)) return json
  const steps = makePortable(json, Number.POSITIVE_INFINITY)
  let step = steps.next()
  while (step.done !== true) step = steps.next()
  return step.value ?? json
}
