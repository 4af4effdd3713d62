import type { Path } from "../definitions/document.ts"

/** How much a finding matters. */
export type Level = "error" | "warning" | "note"

/** The rules, with what each finds. */
export const rules = {
  "malformed": { level: "error", finds: "A flag or a cohort that cannot be read, and is left to the server." },
  "duplicate-key": { level: "error", finds: "Two flags with one key: the last one counts." },
  "hidden-characters": {
    level: "warning",
    finds: "A key with control characters or marks that turn the direction of writing around."
  },
  "invalid-regex": { level: "error", finds: "A filter whose regular expression is not one: it matches nobody." },
  "unbounded-regex": {
    level: "warning",
    finds:
      "A regular expression whose running time has no bound: it is left to the server, unless a linear engine decides it."
  },
  "regex-not-portable": {
    level: "warning",
    finds: "A regular expression that engines read differently: it is left to the server."
  },
  "never-local": {
    level: "note",
    finds: "A flag that is left to the server, at least for some people, whatever is known about them."
  },
  "inactive-flag": { level: "note", finds: "A flag that is switched off for everybody." },
  "never-on": { level: "warning", finds: "An active flag that no condition can switch on." },
  "always-on": { level: "note", finds: "A flag that has the same value for everybody: the code can do without it." },
  "unreachable-condition": { level: "warning", finds: "A condition behind one that everybody meets." },
  "unreachable-variant": { level: "warning", finds: "A variant that nobody gets." },
  "unknown-variant": { level: "error", finds: "A condition that pins a variant which the flag does not have." },
  "variant-shares": {
    level: "warning",
    finds: "Variants whose percentages do not add up to 100: some people get no variant."
  },
  "invalid-payload": { level: "warning", finds: "A payload that is not JSON." },
  "unused-payload": { level: "note", finds: "A payload for a value that the flag never has." },
  "unknown-dependency": { level: "error", finds: "A flag that depends on one which is not among the definitions." },
  "impossible-dependency": { level: "warning", finds: "A flag that waits for a value which another flag never has." },
  "dependency-cycle": { level: "error", finds: "Flags that depend on each other in a circle." },
  "unknown-cohort": {
    level: "warning",
    finds: "A filter on a cohort that is not among the definitions, as static cohorts are."
  }
} as const satisfies Readonly<Record<string, { readonly level: Level; readonly finds: string }>>

/** The name of a rule. */
export type Rule = keyof typeof rules

/** Something that a rule found. */
export interface Finding {
  readonly rule: Rule
  readonly level: Level
  /** The key of the flag; absent for what belongs to no flag. */
  readonly flag?: string
  /** One line, safe for terminals. */
  readonly message: string
  readonly path: Path
  /** Where it stands in the file, when there is one. Counted from 1. */
  readonly line?: number
  readonly column?: number
}

/** A finding of a rule, at the level of the rule. */
export const finding = (rule: Rule, path: Path, message: string, flag?: string): Finding => ({
  rule,
  level: rules[rule].level,
  ...(flag === undefined ? {} : { flag }),
  message,
  path
})

const severity: Readonly<Record<Level, number>> = { note: 0, warning: 1, error: 2 }

/** Whether a level is at least another. */
export const isAtLeast = (level: Level, least: Level): boolean => severity[level] >= severity[least]
