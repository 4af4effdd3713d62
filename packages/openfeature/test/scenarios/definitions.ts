/** A flag of the scenarios: named values, one of which is everyone's unless the context says otherwise. */
export interface ScenarioFlag {
  readonly variants: Readonly<Record<string, unknown>>
  readonly defaultVariant?: string | null
  readonly disabled?: boolean
  readonly contextEvaluator?: string
}

export type ScenarioFlags = Readonly<Record<string, ScenarioFlag>>

type Filter = Readonly<Record<string, unknown>>

const comparison = /^(!)?(\w+)(?:\s*(==|>)\s*(.+))?$/

/** `email == 'a'`, `age > 10` and `!customer`, as filters of person properties. */
const filterOf = (text: string): Filter => {
  const [, negated, key = "", operator, value = ""] = comparison.exec(text.trim()) ?? []
  const type = "person"
  if (operator === "==") return { key, type, operator: "exact", value: [value.replace(/^'|'$/g, "")] }
  if (operator === ">") return { key, type, operator: "gt", value: Number(value) }
  return { key, type, operator: "exact", value: [negated === undefined ? "true" : "false"] }
}

/** `a && b ? 'one' : ''`: the variant of those for whom the condition holds; everyone else has the default. */
const targetOf = (evaluator: string): { readonly properties: ReadonlyArray<Filter>; readonly variant: string } => {
  const [, condition = "", variant = ""] = /^(.*)\?\s*'([^']*)'\s*:\s*''\s*$/.exec(evaluator) ?? []
  if (variant === "") throw new Error(`This condition is not understood: ${evaluator}`)
  return { properties: condition.split("&&").map(filterOf), variant }
}

// A PostHog flag whose value is false is off: whoever a false variant is for is not rolled out to.
const groupFor = ({ variants }: ScenarioFlag, variant: string, properties: ReadonlyArray<Filter>) =>
  variants[variant] === false
    ? { properties, rollout_percentage: 0 }
    : { properties, rollout_percentage: 100, variant }

const definitionOf = (key: string, flag: ScenarioFlag, id: number) => {
  const target = flag.contextEvaluator === undefined ? undefined : targetOf(flag.contextEvaluator)
  const fallback = flag.defaultVariant ?? undefined
  const names = Object.keys(flag.variants)
  const isOffByDefault = target !== undefined && fallback !== undefined && flag.variants[fallback] === false
  return {
    id,
    key,
    active: flag.disabled !== true,
    filters: {
      groups: [
        ...(target === undefined ? [] : [groupFor(flag, target.variant, target.properties)]),
        ...(fallback === undefined || isOffByDefault ? [] : [groupFor(flag, fallback, [])])
      ],
      multivariate: {
        variants: names.map((name) => ({ key: name, rollout_percentage: name === fallback ? 100 : 0 }))
      },
      payloads: Object.fromEntries(names.map((name) => [name, JSON.stringify(flag.variants[name])]))
    }
  }
}

/** A flag that the scenarios evaluate and their file of flags does not describe. */
const assumed: ScenarioFlags = {
  "context-aware": {
    variants: { internal: "INTERNAL", external: "EXTERNAL" },
    defaultVariant: "external",
    contextEvaluator: "fn == 'Sulisław' && ln == 'Świętopełk' && age == 29 && !customer ? 'internal' : ''"
  }
}

/**
 * The flags of the scenarios as PostHog's definitions: a variant is a variant with its value as payload, a condition a
 * condition set with a variant override.
 */
export const definitionsOf = (flags: ScenarioFlags) => ({
  flags: Object.entries({ ...assumed, ...flags }).map(([key, flag], index) => definitionOf(key, flag, index + 1)),
  group_type_mapping: {},
  cohorts: {}
})
