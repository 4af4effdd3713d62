// Generated from packages/effect-posthog/src/internal/quote.ts by packages/tools/editions.mjs: change that file, not this one.
const longest = 100

// Controls, format characters (bidirectional ones among them), line and paragraph separators, lone surrogates, and what
// delimits or escapes here.
const special = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}"\\]/gu

// The same without what delimits.
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

const longestLine = 300

const escapes: ReadonlyMap<string, string> = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\"", "\\\""],
  ["\\", "\\\\"]
])

const escape = (character: string): string => {
  const code = character.codePointAt(0) ?? 0
  const digits = code.toString(16)
  return escapes.get(character) ?? (code > 0xffff ? `\\u{${digits}}` : `\\u${digits.padStart(4, "0")}`)
}

// Half of a surrogate pair is not kept.
const beginningOf = (text: string, length: number): string => {
  const last = text.charCodeAt(length - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length)
}

const textOf = (name: unknown): string => {
  if (typeof name === "string") return name
  try {
    return String(name)
  } catch {
    return `[${typeof name}]`
  }
}

/**
 * Quotes a name that comes from outside the library (an event, a flag, a header, the words of a server) for a message.
 * Nothing in the result can start a new line, move the cursor of a terminal or reverse the text around it, and a long
 * name is cut after about 100 characters. Never throws.
 *
 * @internal
 */
export const quote = (name: unknown): string => {
  const text = textOf(name)
  const [kept, end] = text.length > longest ? [beginningOf(text, longest), "…"] : [text, ""]
  return `"${kept.replace(special, escape)}${end}"`
}

/**
 * A sentence that was composed around names from outside the library, as one line of a message: without quotation marks of
 * its own, and cut after 300 characters.
 *
 * @internal
 */
export const oneLine = (sentence: string): string => {
  const [kept, end] = sentence.length > longestLine ? [beginningOf(sentence, longestLine), "…"] : [sentence, ""]
  return `${kept.replace(unsafe, escape)}${end}`
}
