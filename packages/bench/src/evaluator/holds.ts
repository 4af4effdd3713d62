// How long one call of the evaluator holds the event loop: values of each type and size against every operator, on one
// flag and on a thousand, and definitions of hostile shapes, of which the longest step of compilation counts.
// Run it with `npx tsx packages/bench/src/evaluator/holds.ts [--quick]`.
import { compile, compileSteps, evaluateAll } from "@effect-posthog/evaluator"

const isQuick = process.argv.includes("--quick")

const times = isQuick ? 1 : 5

const operators: Readonly<Record<string, unknown>> = {
  exact: "pro",
  is_not: ["pro", "free"],
  is_set: "is_set",
  is_not_set: "is_not_set",
  icontains: "pro",
  not_icontains: "pro",
  starts_with: "pro",
  ends_with: "pro",
  icontains_multi: ["pro", "free"],
  regex: "pro.*free",
  not_regex: "^[a-z]+$",
  gt: 5,
  not_between: [1, 5],
  is_date_before: "2024-01-01",
  is_date_exact: "-7d",
  semver_eq: "1.2.3",
  semver_wildcard: "1.*"
}

const list = <A>(length: number, make: (index: number) => A): Array<A> =>
  Array.from({ length }, (_, index) => make(index))

/** Values of about so many bytes as JSON. */
const values: Readonly<Record<string, (bytes: number) => unknown>> = {
  text: (bytes) => "x".repeat(bytes),
  digits: (bytes) => "1".repeat(bytes),
  "array of texts": (bytes) => list(bytes / 10, (index) => `text-${index % 100}`),
  "array of numbers": (bytes) => list(bytes / 2, () => 1),
  "nested arrays": (bytes) => list(bytes / 100, () => list(33, () => [])),
  object: (bytes) => Object.fromEntries(list(bytes / 14, (index) => [`key-${index}`, 1]))
}

const sizes: Readonly<Record<string, number>> = isQuick
  ? { "1 kB": 1e3, "1 MB": 1e6 }
  : { "1 kB": 1e3, "10 kB": 1e4, "100 kB": 1e5, "1 MB": 1e6, "10 MB": 1e7, "100 MB": 1e8 }

const median = (numbers: ReadonlyArray<number>): number =>
  [...numbers].sort((left, right) => left - right)[Math.floor(numbers.length / 2)] ?? Number.NaN

const clock = (work: () => void): number => {
  const start = process.cpuUsage()
  work()
  const { system, user } = process.cpuUsage(start)
  return (user + system) / 1000
}

const flagOf = (key: string, operator: string, value: unknown) => ({
  key,
  active: true,
  filters: { groups: [{ properties: [{ key: "k", type: "person", operator, value }] }] }
})

const hold = (flags: ReadonlyArray<object>, k: unknown, runs: number): number => {
  const { definitions } = compile({ flags }, { timeZone: "America/Los_Angeles" })
  const context = { distinctId: "user-17", personProperties: { k } }
  return median(list(runs, () => clock(() => evaluateAll(definitions, context, Date.now()))))
}

const filter = { key: "k", type: "person", operator: "exact", value: "pro" }

const one = (filters: object) => ({ flags: [{ key: "f", active: true, filters: { groups: [{}], ...filters } }] })

const many = isQuick ? 20_000 : 400_000

const documents: Readonly<Record<string, () => unknown>> = {
  [`${many} conditions`]: () => one({ groups: list(many, () => ({ properties: [filter] })) }),
  [`${many} filters`]: () => one({ groups: [{ properties: list(many, () => filter) }] }),
  [`${many} variants`]: () =>
    one({ multivariate: { variants: list(many, (index) => ({ key: `v${index}`, rollout_percentage: 0 })) } }),
  "a payload of 900,000 numbers": () => one({ payloads: { true: list(900_000, (index) => index) } }),
  "a payload of 12,000,000 numbers": () => one({ payloads: { true: list(12_000_000, (index) => index) } }),
  "a payload of 990 kB of text": () => one({ payloads: { true: JSON.stringify(list(150_000, (index) => index)) } }),
  "900,000 values of a filter": () => one({ groups: [{ properties: [{ ...filter, value: list(900_000, String) }] }] }),
  "a million malformed cohorts": () => ({ flags: [], cohorts: list(1_000_000, () => 7).reduce(indexed, {}) }),
  "600 cohorts that refer to all 600": () => ({
    flags: [flagOf("f", "exact", "pro")],
    cohorts: Object.fromEntries(
      list(600, (id) => [id, { type: "AND", values: list(600, (value) => ({ key: "id", type: "cohort", value })) }])
    )
  }),
  "100,000 flags": () => ({ flags: list(100_000, (index) => flagOf(`f${index}`, "exact", "pro")) })
}

const indexed = (cohorts: Record<string, unknown>, value: unknown, id: number): Record<string, unknown> => {
  cohorts[id] = value
  return cohorts
}

const longestStep = (document: unknown): readonly [longest: number, steps: number] => {
  const steps = compileSteps(document)
  let longest = 0
  let count = 0
  let isDone = false
  while (!isDone) {
    longest = Math.max(longest, clock(() => isDone = steps.next().done === true))
    count++
  }
  return [longest, count]
}

console.log("Longest evaluation in ms of processor time, over all operators: one flag, every operator on 1,000 flags")
for (const [type, make] of Object.entries(values)) {
  for (const [size, bytes] of Object.entries(sizes)) {
    const value = make(bytes)
    const runs = bytes > 1e7 ? 1 : times
    const single = Object.entries(operators).map(([operator, wanted]) =>
      hold([flagOf("f", operator, wanted)], value, runs)
    )
    const entries = Object.entries(operators)
    const mixed = list(1000, (index) => {
      const [operator, wanted] = entries[index % entries.length] ?? ["exact", "pro"]
      return flagOf(`f${index}`, operator, wanted)
    })
    console.log(`${type} of ${size}: ${Math.max(...single).toFixed(1)}, ${hold(mixed, value, runs).toFixed(1)}`)
  }
}

console.log("Longest step of compilation in ms of processor time, and the number of steps; the evaluation after it")
for (const [name, make] of Object.entries(documents)) {
  const document = make()
  const [longest, steps] = longestStep(document)
  const { definitions } = compile(document)
  const evaluation = clock(() => evaluateAll(definitions, { distinctId: "a", personProperties: { k: "free" } }, 0))
  console.log(`${name}: ${longest.toFixed(1)} in ${steps} steps; ${evaluation.toFixed(1)}`)
}
