import { editionNames, run } from "./workspace.mjs"

/** Oxlint with the rules of `oxlint.json`: correctness, what may import what, and what library sources never use. */
export const lint = async () => {
  // Of what is generated, the sources are looked at.
  const ignored = [...editionNames.map((name) => `packages/${name}`), ...byHand]
  const patterns = ignored.flatMap((path) => ["--ignore-pattern", path.endsWith(".ts") ? path : `${path}/**`])
  const result = await run("oxlint", ["-c", "packages/tools/oxlint.json", "--format", "json", ...patterns, "packages"])
  const report = parse(result.stdout)
  if (report === undefined) return [result.output || `oxlint failed with exit code ${result.code}`]
  const problems = report.diagnostics.map((diagnostic) => {
    const { line, column } = diagnostic.labels[0]?.span ?? { line: 1, column: 1 }
    const advice = diagnostic.help ? ` ${diagnostic.help}` : ""
    return `${diagnostic.filename}:${line}:${column} ${diagnostic.message}${advice} [${diagnostic.code}]`
  })
  if (problems.length === 0 && result.code !== 0) return [result.output]
  if (!(report.number_of_files > 0)) return ["oxlint looked at no file"]
  return problems
}

/** For Effect 4, which oxlint does not find from here. */
const byHand = [
  "packages/tools/consumer/effect4.ts",
  "packages/tools/editions/effect-posthog-4",
  "packages/tools/editions/tests"
]

const parse = (text) => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
