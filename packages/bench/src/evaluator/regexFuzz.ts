/**
 * Looks for patterns that are searched for slowly: generated patterns against texts made to lead them astray, with the
 * built-in engine and with RE2. Prints the slowest of each, by processor time.
 *
 * Run with `npx tsx packages/bench/src/evaluator/regexFuzz.ts [patterns]`.
 */
import { matchProperty } from "@effect-posthog/evaluator"
import type { RegexEngine } from "@effect-posthog/evaluator"
import { regexEngine } from "@effect-posthog/regex-re2"
import { seeded } from "../measuring/random.ts"

const random = seeded(5)

const pick = <A>(choices: ReadonlyArray<A>): A => choices[Math.floor(random() * choices.length)] as A

const atom = (depth: number): string => {
  const place = random()
  if (depth === 0 || place < 0.7) return pick(["a", "b", "ab", ".", "\\w", "[ab]", "[^b]", "\\d", "aa", "\\s"])
  return `(?:${pattern(depth - 1)})`
}

const quantifier = () => pick(["", "", "", "*", "+", "?", "{2}", "{1,3}", "{2,}", "{1,30}", "*?"])

const pattern = (depth: number): string => {
  const branches = random() < 0.2 ? 2 : 1
  return Array.from(
    { length: branches },
    () => Array.from({ length: 1 + Math.floor(random() * 4) }, () => atom(depth) + quantifier()).join("")
  ).join("|")
}

const whole = () => pick(["", "^"]) + pattern(2) + pick(["", "$", "b", "!", "\\b"])

const texts = (length: number): ReadonlyArray<string> => [
  "a".repeat(length),
  `${"a".repeat(length - 1)}!`,
  "ab".repeat(length / 2),
  `${"ab".repeat(length / 2 - 1)} !`,
  "a ".repeat(length / 2),
  Array.from({ length }, () => (random() < 0.5 ? "a" : "b")).join("")
]

interface Slow {
  readonly pattern: string
  readonly milliseconds: number
}

const slowest = (
  name: string,
  patterns: ReadonlyArray<string>,
  length: number,
  engine: RegexEngine | undefined
): ReadonlyArray<Slow> => {
  const tried = texts(length)
  let decided = 0
  const slow = patterns.map((value): Slow => {
    const filter = { key: "k", operator: "regex", value }
    let milliseconds = 0
    for (const k of tried) {
      const before = process.cpuUsage()
      if (matchProperty(filter, { k }, 0, { regexEngine: engine }) !== "inconclusive") decided++
      const { system, user } = process.cpuUsage(before)
      milliseconds = Math.max(milliseconds, (user + system) / 1000)
    }
    return { pattern: value, milliseconds }
  })
  console.log(`${name}: ${decided} of ${patterns.length * tried.length} decided, ${length} characters`)
  return [...slow].sort((left, right) => right.milliseconds - left.milliseconds).slice(0, 5)
}

const patterns = Array.from({ length: Number(process.argv[2] ?? 2000) }, whole)
for (
  const [name, length, engine] of [
    ["built in", 2000, undefined],
    ["built in", 100_000, undefined],
    ["re2", 2000, regexEngine],
    ["re2", 100_000, regexEngine]
  ] as const
) {
  for (const { milliseconds, pattern } of slowest(name, patterns, length, engine)) {
    console.log(`  ${milliseconds.toFixed(1)} ms  ${pattern}`)
  }
}
