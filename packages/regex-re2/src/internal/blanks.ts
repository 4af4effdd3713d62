/** @since 1.0.0 */

const blanks = "\\t-\\r "

const others = "\\x00-\\x08\\x0e-\\x1f!-\\x{10ffff}"

/**
 * Writes out `\s` and `\S`: for RE2 the vertical tab is no blank, for the server it is.
 *
 * @internal
 */
export const withServerBlanks = (pattern: string): string => {
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
    } else {
      text += `\\${escaped}`
    }
  }
  return text
}
