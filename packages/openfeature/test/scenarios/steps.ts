import type { JsonValue } from "@openfeature/server-sdk"
import { isDeepStrictEqual } from "node:util"
import type { Kind, World } from "./World.ts"

/** A table behind a step. */
export type Table = ReadonlyArray<ReadonlyArray<string>>

/** What a scenario wanted, and what it got instead. */
export class Mismatch extends Error {
  readonly expected: unknown
  readonly actual: unknown

  constructor(what: string, expected: unknown, actual: unknown) {
    super(`${what}: wanted ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`)
    this.expected = expected
    this.actual = actual
  }
}

const same = (what: string, actual: unknown, expected: unknown): void => {
  if (!isDeepStrictEqual(actual, expected)) throw new Mismatch(what, expected, actual)
}

const kindOf = (name: string): Kind => {
  const kind = name.toLowerCase()
  if (kind === "boolean" || kind === "string" || kind === "integer" || kind === "float" || kind === "object") {
    return kind
  }
  throw new Error(`There is no such type: ${name}`)
}

const parse = (kind: Kind, text: string): JsonValue => {
  switch (kind) {
    case "boolean":
      return text === "true"
    case "string":
      return text
    case "integer":
    case "float":
      return Number(text)
    case "object":
      return JSON.parse(text.replaceAll("\\\"", "\"")) as JsonValue
  }
}

const asked = (world: World) => {
  if (world.asked === undefined) throw new Error("No flag was asked for")
  return world.asked
}

const details = (world: World) => {
  if (world.details === undefined) throw new Error("No flag was evaluated")
  return world.details
}

const ask = (world: World, kind: string, key: string, defaultValue: string) => {
  world.asked = { kind: kindOf(kind), key, defaultValue: parse(kindOf(kind), defaultValue) }
}

const askAndEvaluate = (world: World, kind: string, key: string, defaultValue: string) => {
  ask(world, kind, key, defaultValue)
  return world.evaluate()
}

const isValue = (world: World, text: string) => same("value", details(world).value, parse(asked(world).kind, text))

const isReason = (world: World, reason: string) => same("reason", details(world).reason, reason)

const isVariant = (world: World, variant: string) => same("variant", details(world).variant, variant)

const isErrorCode = (world: World, code: string) => same("error code", details(world).errorCode, code)

const isDefault = (world: World) => same("value", details(world).value, asked(world).defaultValue)

const pictures = { showImages: true, title: "Check out these pics!", imagesPerPage: 100 }

const rows = ([head = [], ...body]: Table) =>
  body.map((row) => Object.fromEntries(head.map((name, index) => [name, row[index] ?? ""])))

const detailNames: Readonly<Record<string, string>> = {
  flag_key: "flagKey",
  value: "value",
  variant: "variant",
  reason: "reason",
  error_code: "errorCode"
}

const hooksHeard = (world: World, stages: string, table: Table) => {
  for (const stage of stages.split(",").map((name) => name.trim())) {
    const call = world.called.find((call) => call.stage === stage)
    if (call === undefined) throw new Mismatch(`the ${stage} hook`, "called", "not called")
    for (const { data_type: type = "", key = "", value = "" } of rows(table)) {
      const actual = call.details?.[detailNames[key] ?? key] ?? null
      same(`${key} in ${stage}`, actual, value === "null" ? null : parse(kindOf(type), value))
    }
  }
}

/** What a step does: its pattern, and a function of the world, the matches and the table. */
type Step = readonly [
  pattern: RegExp,
  run: (world: World, matches: ReadonlyArray<string>, table: Table) => void | Promise<void>
]

const steps: ReadonlyArray<Step> = [
  [/^a (stable|not ready|error|fatal|stale) provider$/, (world, [state = ""]) => world.provide(state)],
  [/^a stable provider with retrievable context is registered$/, (world) => world.provide("stable")],
  [/^the provider status should be "(.*)"$/, (world, [status]) => same("status", world.client.providerStatus, status)],

  // Flags and their evaluation.
  [
    /^an? (\w+)-flag with key "(.*)" and a fallback value "(.*)"$/,
    (world, [kind = "", key = "", value = ""]) => ask(world, kind, key, value)
  ],
  [
    /^the flag was evaluated with details(?: asynchronously| using the evaluation options)?$/,
    (world) => world.evaluate()
  ],
  [/^an? (\w+) flag with key "(.*)" is evaluated (?:with details and|with) default value "?(.*?)"?$/, (
    world,
    [kind = "", key = "", value = ""]
  ) => askAndEvaluate(world, kind, key, value)],
  [/^an object flag with key "(.*)" is evaluated (?:with details and|with) a null default value$/, (
    world,
    [key = ""]
  ) => askAndEvaluate(world, "object", key, "null")],
  [
    /^a flag with key "(.*)" is evaluated with default value "(.*)"$/,
    (world, [key = "", value = ""]) => askAndEvaluate(world, "string", key, value)
  ],
  [/^a non-existent string flag with key "(.*)" is evaluated with details and a fallback value "(.*)"$/, (
    world,
    [key = "", value = ""]
  ) => askAndEvaluate(world, "string", key, value)],
  [/^a string flag with key "(.*)" is evaluated as an integer, with details and a fallback value (.*)$/, (
    world,
    [key = "", value = ""]
  ) => askAndEvaluate(world, "integer", key, value)],

  // The context.
  [/^a context containing a key "(.*)", with type "(.*)" and with value "(.*)"$/, (
    world,
    [name = "", kind = "", value = ""]
  ) => {
    world.context[name] = parse(kindOf(kind), value)
  }],
  [/^a context containing a key "(.*)" with null value$/, (world, [name = ""]) => {
    world.context[name] = null
  }],
  [/^context contains keys "(.*)", "(.*)", "(.*)", "(.*)" with values "(.*)", "(.*)", (.*), "(.*)"$/, (
    world,
    [first = "", last = "", age = "", customer = "", ...values]
  ) => {
    world.context = {
      [first]: values[0],
      [last]: values[1],
      [age]: Number(values[2]),
      [customer]: values[3] === "true"
    }
  }],
  [/^the resolved flag value is "(.*)" when the context is empty$/, async (world, [value = ""]) => {
    world.context = {}
    await world.evaluate()
    isValue(world, value)
  }],

  // Details.
  [/^the resolved details value should be "(.*)"$/, (world, [value = ""]) => isValue(world, value)],
  [
    /^the resolved \w+ details value should be "?(.*?)"?, the variant should be "(.*)", and the reason should be "(.*)"$/,
    (world, [value = "", variant = "", reason = ""]) => {
      isValue(world, value)
      isVariant(world, variant)
      isReason(world, reason)
    }
  ],
  [
    /^the resolved object (?:details )?value should be contain fields /,
    (world) => same("value", details(world).value, pictures)
  ],
  [/^the resolved \w+ (?:value|response) should be "?(.*?)"?$/, (world, [value = ""]) => isValue(world, value)],
  [/^the variant should be "(.*)", and the reason should be "(.*)"$/, (world, [variant = "", reason = ""]) => {
    isVariant(world, variant)
    isReason(world, reason)
  }],
  [/^the variant should be "(.*)"$/, (world, [variant = ""]) => isVariant(world, variant)],
  [/^the reason should be "(.*)"$/, (world, [reason = ""]) => isReason(world, reason)],
  [/^the error-code should be "(.*)"$/, (world, [code = ""]) => isErrorCode(world, code)],
  [/^the flag key should be "(.*)"$/, (world, [key = ""]) => same("flag key", details(world).flagKey, key)],
  [/^the default \w+ value should be returned$/, isDefault],
  [/^the reason should indicate an error and the error code should indicate a .* with "(.*)"$/, (
    world,
    [code = ""]
  ) => {
    isReason(world, "ERROR")
    isErrorCode(world, code)
  }],
  [/^the evaluation should complete without blocking$/, (world) => void details(world)],
  [/^the resolved metadata should contain$/, (world, _, table) => {
    for (const { key = "", metadata_type: type = "", value = "" } of rows(table)) {
      same(`metadata ${key}`, details(world).flagMetadata[key], parse(kindOf(type), value))
    }
  }],
  [/^the resolved metadata is empty$/, (world) => same("metadata", { ...details(world).flagMetadata }, {})],

  // Hooks and options.
  [/^a client with added hook$/, (world) => void world.client.addHooks(world.hook("client"))],
  [/^the "(\w+)" hook should have been executed$/, (world, [stage = ""]) => hooksHeard(world, stage, [])],
  [
    /^the "(.*)" hooks should be called with evaluation details$/,
    (world, [stages = ""], table) => hooksHeard(world, stages, table)
  ],
  [/^evaluation options containing specific hooks$/, (world) => {
    world.options = { hooks: [world.hook("first"), world.hook("second")] }
  }],
  [
    /^the specified hooks should execute during evaluation$/,
    (world) => same("hooks", [...new Set(world.called.map(({ hook }) => hook))].sort(), ["first", "second"])
  ],
  [
    /^the hook order should be maintained$/,
    (world) =>
      same("order", world.called.map(({ hook, stage }) => `${hook} ${stage}`), [
        "first before",
        "second before",
        "second after",
        "first after",
        "second finally",
        "first finally"
      ])
  ],

  // Immutability.
  [/^an evaluation context with modifiable data$/, (world) => {
    world.context = { plan: "pro", address: { city: "Paris" }, since: new Date(0) }
  }],
  [
    /^the original evaluation context should remain unmodified$/,
    (world) => same("context", world.context, { plan: "pro", address: { city: "Paris" }, since: new Date(0) })
  ],
  [
    /^the evaluation details should be immutable$/,
    (world) => same("frozen metadata", Object.isFrozen(details(world).flagMetadata), true)
  ],

  // Levels of contexts.
  [/^A context entry with key "(.*)" and value "(.*)" is added to the "(.*)" level$/, (
    world,
    [key = "", value = "", level = ""]
  ) => void world.contexts.set(level, { ...world.contexts.get(level), [key]: value })],
  [/^A table with levels of increasing precedence$/, (world, _, table) => {
    world.levels = table.map(([level = ""]) => level)
  }],
  [/^Context entries for each level from API level down to the "(.*)" level, with key "(.*)" and value "(.*)"$/, (
    world,
    [lowest = "", key = ""]
  ) => {
    for (const level of world.levels.slice(0, world.levels.indexOf(lowest) + 1)) {
      world.contexts.set(level, { [key]: level })
    }
  }],
  [/^Some flag was evaluated$/, (world) => world.evaluateWithLevels()],
  [
    /^The merged context contains an entry with key "(.*)" and value "(.*)"$/,
    (world, [key = "", value = ""]) => same(`context ${key}`, world.arrived[key], value)
  ]
]

/** Runs the step with this text. */
export const runStep = async (world: World, text: string, table: Table): Promise<void> => {
  for (const [pattern, run] of steps) {
    const matches = pattern.exec(text)
    if (matches !== null) return run(world, matches.slice(1), table)
  }
  throw new Error("no step of this runner has these words")
}
