import { isAbsolute } from "node:path"
import { pathToFileURL } from "node:url"
import { printable } from "../terminal/printable.ts"
import { version } from "../version.ts"
import type { Finding, Rule } from "./finding.ts"
import { rules } from "./finding.ts"

const homepage = "https://github.com/effect-posthog/effect-posthog"

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`

/** A line for each finding, as compilers print them, and a last line with the counts. */
export const renderFindings = (source: string, findings: ReadonlyArray<Finding>): string => {
  const lines = findings.map(({ column, level, line, message, rule }) => {
    const where = line === undefined ? printable(source) : `${printable(source)}:${line}:${column}`
    return `${where}: ${level}: ${message} [${rule}]\n`
  })
  const count = (level: Finding["level"]) => findings.filter((found) => found.level === level).length
  return `${lines.join("")}${plural(count("error"), "error")}, ${plural(count("warning"), "warning")}, ${
    plural(count("note"), "note")
  }\n`
}

/** The findings as JSON holds them. */
export const findingsJson = (source: string, findings: ReadonlyArray<Finding>) => ({ source, findings })

const uri = (source: string): string =>
  isAbsolute(source) ? pathToFileURL(source).href : source.split(/[/\\]/).map(encodeURIComponent).join("/")

/** The findings as a SARIF 2.1.0 log, which code hosts show beside the lines of a change. */
export const findingsSarif = (source: string, isFile: boolean, findings: ReadonlyArray<Finding>) => {
  const names = Object.keys(rules) as ReadonlyArray<Rule>
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [{
      tool: {
        driver: {
          name: "effect-posthog",
          version,
          informationUri: homepage,
          rules: names.map((id) => ({
            id,
            shortDescription: { text: rules[id].finds },
            defaultConfiguration: { level: rules[id].level }
          }))
        }
      },
      columnKind: "utf16CodeUnits",
      results: findings.map(({ column, flag, level, line, message, rule }) => ({
        ruleId: rule,
        ruleIndex: names.indexOf(rule),
        level,
        message: { text: message },
        locations: [{
          ...(isFile
            ? {
              physicalLocation: {
                artifactLocation: { uri: uri(source) },
                region: { startLine: line ?? 1, startColumn: column ?? 1 }
              }
            }
            : {}),
          ...(flag === undefined ? {} : { logicalLocations: [{ name: flag, kind: "member" }] })
        }]
      }))
    }]
  }
}
