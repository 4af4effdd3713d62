/** @since 1.0.0 */

const blanks = "\\t-\\r "

const others = "\\x00-\\x08\\x0e-\\x1f!-\\x{10ffff}"

/**
 * Rewrites a pattern so that RE2 finds what the server finds: `\s` and `\S` are written out, because RE2 does not count
 * the vertical tab as a blank. `undefined` for a pattern with a word boundary, on which the server's engine gives up in
 * long texts.
 *
 * @internal
 */
export const translate = (pattern: string): string | undefined => {
  let inClass = false
  let text = ""
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern.charAt(i)
    if (character !== "\\") {
      inClass = character === "[" || (inClass && character !== "]")
      text += character
      continue
    }
    const escaped = pattern.charAt(++i)
    if (escaped === "s" || escaped === "S") {
      const members = escaped === "s" ? blanks : others
      text += inClass ? members : `[${members}]`
    } else if (!inClass && (escaped === "b" || escaped === "B")) {
      return undefined
    } else {
      text += `\\${escaped}`
    }
  }
  return text
}
