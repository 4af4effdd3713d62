// OpenFeature's own scenarios over the real SDK, this provider and the embedded server:
//
//   npx pnpm openfeature:scenarios <folder>
//
// The folder has the `.feature` files of OpenFeature's specification and their flags, `test-flags.json`. Exits with 1 when
// a scenario failed that should hold, or when there was none.
import { generateMessages } from "@cucumber/gherkin"
import { Fault, PostHogServer } from "@effect-posthog/testkit"
import { DefaultLogger, OpenFeature } from "@openfeature/server-sdk"
import { Effect, Logger } from "effect"
import { randomUUID } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { definitionsOf } from "./definitions.ts"
import type { ScenarioFlags } from "./definitions.ts"
import { deviationOf } from "./deviations.ts"
import { runStep } from "./steps.ts"
import type { Table } from "./steps.ts"
import { World } from "./World.ts"

interface Scenario {
  readonly name: string
  readonly steps: ReadonlyArray<{ readonly text: string; readonly table: Table }>
}

interface Problem {
  readonly step: string
  readonly why: string
}

interface Outcome {
  readonly _tag: "passed" | "deviates" | "failed"
  readonly problems: ReadonlyArray<Problem>
}

const scenariosOf = (folder: string, file: string): ReadonlyArray<Scenario> => {
  const text = readFileSync(join(folder, file), "utf8")
  const envelopes = generateMessages(text, file, "text/x.cucumber.gherkin+plain" as never, {
    includePickles: true,
    newId: randomUUID
  })
  return envelopes.flatMap(({ parseError, pickle }) => {
    if (parseError !== undefined) throw new Error(`${file}: ${parseError.message}`)
    if (pickle === undefined) return []
    const steps = pickle.steps.map(({ argument, text }) => ({
      text,
      table: (argument?.dataTable?.rows ?? []).map(({ cells }) => cells.map(({ value }) => value))
    }))
    return [{ name: pickle.name, steps }]
  })
}

// A deviation does not excuse the steps behind it.
const runIn = async (world: World, { steps }: Scenario): Promise<Outcome> => {
  const problems: Array<Problem> = []
  for (const { table, text } of steps) {
    try {
      await runStep(world, text, table)
    } catch (error) {
      const deviation = deviationOf(world, text, error)
      const why = error instanceof Error ? error.message : String(error)
      if (deviation === undefined) return { _tag: "failed", problems: [{ step: text, why }] }
      problems.push({ step: text, why: `${why}: ${deviation}` })
    }
  }
  return { _tag: problems.length === 0 ? "passed" : "deviates", problems }
}

const run = (flags: ScenarioFlags, scenario: Scenario): Effect.Effect<Outcome> =>
  Effect.gen(function*() {
    const { always, url } = yield* PostHogServer.PostHogServer
    const breakDefinitions = () => Effect.runPromise(always("definitions", Fault.hang))
    const world = new World(flags, url, breakDefinitions)
    const outcome = yield* Effect.promise(() => runIn(world, scenario))
    yield* Effect.promise(() => world.close())
    return outcome
  }).pipe(Effect.provide(PostHogServer.layer({ definitions: definitionsOf(flags) })), Effect.orDie)

const main = async (folder: string): Promise<number> => {
  const flags = JSON.parse(readFileSync(join(folder, "test-flags.json"), "utf8")) as ScenarioFlags
  const counts = { passed: 0, deviates: 0, failed: 0 }
  const files = readdirSync(folder).filter((name) => name.endsWith(".feature")).sort()
  for (const file of files) {
    console.log(file)
    for (const scenario of scenariosOf(folder, file)) {
      const outcome = await Effect.runPromise(Effect.provide(run(flags, scenario), Logger.remove(Logger.defaultLogger)))
      counts[outcome._tag] += 1
      console.log(`  ${outcome._tag.padEnd(8)}  ${scenario.name}`)
      for (const { step, why } of outcome.problems) console.log(`            ${step}\n            ${why}`)
    }
  }
  console.log(`${counts.passed} passed, ${counts.deviates} deviate, ${counts.failed} failed`)
  return counts.failed === 0 && counts.passed > 0 ? 0 : 1
}

const [folder] = process.argv.slice(2).filter((argument) => argument !== "--")
// Only the scenarios speak.
const silent = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} }
OpenFeature.setLogger(silent satisfies Partial<DefaultLogger>)

if (folder === undefined) {
  console.error("Which folder? npx pnpm openfeature:scenarios <folder of .feature files and test-flags.json>")
  process.exitCode = 2
} else {
  process.exitCode = await main(folder)
}
