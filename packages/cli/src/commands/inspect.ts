/** The commands that look at definitions: pull, evaluate, explain, requirements, lint, diff, typegen. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { asArray, asObject, own } from "../definitions/document.ts"
import type { Definitions } from "../definitions/readDefinitions.ts"
import {
  pullDefinitions,
  readDefinitions,
  readFileDefinitions,
  readProject,
  readText,
  selectKeys
} from "../definitions/readDefinitions.ts"
import { diff, isDifferent, renderDifference } from "../diff/diff.ts"
import { samplePeople } from "../diff/samplePeople.ts"
import { evaluate, renderEvaluation } from "../evaluation/evaluate.ts"
import { explainFlags, explanationsJson, renderExplanations } from "../evaluation/explain.ts"
import { readPerson } from "../evaluation/person.ts"
import { renderRequirements, requirementsJson, requirementsOf } from "../evaluation/requirements.ts"
import { isAtLeast } from "../lint/finding.ts"
import { lint } from "../lint/lint.ts"
import { findingsJson, findingsSarif, renderFindings } from "../lint/renderFindings.ts"
import { Findings, print, report, unusable } from "../terminal/output.ts"
import { json, printable } from "../terminal/printable.ts"
import { typegen } from "../typegen/typegen.ts"
import * as Shared from "./options.ts"

/** To the file that is named, else to standard output. */
const deliver = (out: Option.Option<string>, content: string) =>
  Option.match(out, { onNone: () => print(content), onSome: (file) => Shared.writeFile(file, content) })

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`

const pull = Command.make(
  "pull",
  { host: Shared.host, secretKeyFile: Shared.secretKeyFile, out: Shared.out },
  (options) =>
    Effect.gen(function*() {
      const { document, source } = yield* Effect.flatMap(readProject(options), pullDefinitions)
      yield* deliver(options.out, json(document))
      if (Option.isSome(options.out)) {
        const flags = asArray(own(asObject(document), "flags")).length
        const cohorts = Object.keys(asObject(own(asObject(document), "cohorts"))).length
        yield* report(
          `${plural(flags, "flag")} and ${plural(cohorts, "cohort")} of ${source} written to ${
            printable(options.out.value)
          }`
        )
      }
    })
).pipe(Command.withDescription("Writes the flag definitions of a project to a file."))

const evaluateCommand = Command.make(
  "evaluate",
  {
    ...Shared.location,
    flag: Shared.flag,
    distinctId: Shared.distinctId,
    ...Shared.person,
    out: Shared.out,
    format: Shared.format
  },
  (options) =>
    Effect.gen(function*() {
      const person = yield* readPerson(options, [options.distinctId])
      const definitions = yield* readDefinitions(options)
      const keys = yield* selectKeys(definitions, options.flag)
      const now = yield* Clock.currentTimeMillis
      const evaluation = evaluate(definitions.compiled, person(options.distinctId), now, keys)
      yield* deliver(options.out, options.format === "json" ? json(evaluation) : renderEvaluation(evaluation))
    })
).pipe(Command.withDescription("Evaluates flags for a person, without asking PostHog."))

const explainCommand = Command.make(
  "explain",
  {
    ...Shared.location,
    flag: Shared.flag,
    distinctId: Shared.distinctId,
    ...Shared.person,
    out: Shared.out,
    format: Shared.format
  },
  (options) =>
    Effect.gen(function*() {
      const person = yield* readPerson(options, [options.distinctId])
      const definitions = yield* readDefinitions(options)
      const keys = yield* selectKeys(definitions, options.flag)
      const now = yield* Clock.currentTimeMillis
      const explanations = explainFlags(definitions.compiled, person(options.distinctId), now, keys)
      yield* deliver(
        options.out,
        options.format === "json" ? json(explanationsJson(explanations)) : renderExplanations(explanations)
      )
    })
).pipe(Command.withDescription("Says why flags have their values for a person: conditions, filters, hashes."))

const requirementsCommand = Command.make(
  "requirements",
  { ...Shared.location, flag: Shared.flag, out: Shared.out, format: Shared.format },
  (options) =>
    Effect.gen(function*() {
      const definitions = yield* readDefinitions(options)
      const keys = yield* selectKeys(definitions, options.flag)
      const needs = requirementsOf(definitions.compiled, keys)
      yield* deliver(options.out, options.format === "json" ? json(requirementsJson(needs)) : renderRequirements(needs))
    })
).pipe(Command.withDescription("Lists what flags need to be decided without PostHog."))

const lintCommand = Command.make(
  "lint",
  {
    ...Shared.location,
    flag: Shared.flag,
    level: Options.choice("level", ["note", "warning", "error"]).pipe(
      Options.withDescription("The least level that is reported, and that makes the exit code 1."),
      Options.withDefault("note")
    ),
    out: Shared.out,
    format: Options.choice("format", ["text", "json", "sarif"]).pipe(
      Options.withDescription("text for people, json for programs, sarif for code hosts."),
      Options.withDefault("text")
    )
  },
  (options) =>
    Effect.gen(function*() {
      const definitions = yield* readDefinitions(options)
      yield* selectKeys(definitions, options.flag)
      const { document, isFile, source, text } = definitions
      const findings = lint(document, text, options.flag).filter(({ level }) => isAtLeast(level, options.level))
      const content = options.format === "json"
        ? json(findingsJson(source, findings))
        : options.format === "sarif"
        ? json(findingsSarif(source, isFile, findings))
        : renderFindings(source, findings)
      yield* deliver(options.out, content)
      if (findings.length > 0) return yield* new Findings()
    })
).pipe(Command.withDescription("Looks for flags that do not do what their author meant."))

const otherSide = (newer: Option.Option<string>, location: Parameters<typeof readDefinitions>[0]) =>
  Option.match(newer, { onNone: () => readDefinitions(location), onSome: readFileDefinitions })

const sides = (older: Definitions, newer: Definitions) => [older.document, newer.document]

const diffCommand = Command.make(
  "diff",
  {
    older: Args.text({ name: "OLD" }).pipe(Args.withDescription("The file with the old definitions.")),
    newer: Args.text({ name: "NEW" }).pipe(
      Args.withDescription("The file with the new ones. Default: what --definitions or --host says."),
      Args.optional
    ),
    ...Shared.location,
    flag: Shared.flag,
    distinctId: Options.text("distinct-id").pipe(
      Options.withPseudoName("ID"),
      Options.withDescription("Compare for this person; may be repeated. Default: people made up for the definitions."),
      Options.repeated
    ),
    ...Shared.person,
    samples: Options.integer("samples").pipe(
      Options.withPseudoName("NUMBER"),
      Options.withDescription("How many people are made up. Default: 1000."),
      Options.withDefault(1000)
    ),
    out: Shared.out,
    format: Shared.format
  },
  (options) =>
    Effect.gen(function*() {
      if (options.samples < 0 || options.samples > 1_000_000) {
        return yield* unusable("--samples is a number from 0 to 1000000")
      }
      if (Option.isSome(options.newer) && (Option.isSome(options.definitions) || Option.isSome(options.host))) {
        return yield* unusable("NEW excludes --definitions and --host: the new definitions come from one of them")
      }
      const person = yield* readPerson(options, options.distinctId)
      const older = yield* readFileDefinitions(options.older)
      const newer = yield* otherSide(options.newer, options)
      const people = options.distinctId.length === 0
        ? samplePeople(sides(older, newer), options.samples)
        : options.distinctId.map(person)
      const now = yield* Clock.currentTimeMillis
      const difference = diff(older, newer, people, now, options.flag)
      yield* deliver(options.out, options.format === "json" ? json(difference) : renderDifference(difference))
      if (isDifferent(difference)) return yield* new Findings()
    })
).pipe(Command.withDescription("Compares definitions, and what they decide for people."))

const typegenCommand = Command.make(
  "typegen",
  {
    ...Shared.location,
    flag: Shared.flag,
    out: Shared.out,
    check: Options.boolean("check").pipe(
      Options.withDescription("Write nothing; the exit code is 1 when the file named by --out is not up to date.")
    )
  },
  (options) =>
    Effect.gen(function*() {
      if (options.check && Option.isNone(options.out)) {
        return yield* unusable("--check compares with a file: name it with --out")
      }
      const definitions = yield* readDefinitions(options)
      yield* selectKeys(definitions, options.flag)
      const generated = typegen(definitions.document, options.flag)
      for (const warning of generated.warnings) yield* report(`warning: ${warning}`)
      if (!options.check || Option.isNone(options.out)) return yield* deliver(options.out, generated.source)
      const file = options.out.value
      const current = yield* Effect.option(readText(file))
      // Version control may have written other ends of lines.
      if (Option.isSome(current) && current.value.replace(/\r\n/g, "\n") === generated.source) return
      yield* report(`${printable(file)} is not up to date with the definitions: run typegen without --check`)
      return yield* new Findings()
    })
).pipe(Command.withDescription("Generates a module of typed flags for effect-posthog."))

/** The commands of this module. */
export const inspectCommands = [
  pull,
  evaluateCommand,
  explainCommand,
  requirementsCommand,
  lintCommand,
  diffCommand,
  typegenCommand
] as const
