import type { CompiledDefinitions, Requirements } from "@effect-posthog/evaluator"
import { requirements } from "@effect-posthog/evaluator"
import { printable, quoted } from "../terminal/printable.ts"

/** What flags need to be decided without PostHog, by key. */
export const requirementsOf = (
  definitions: CompiledDefinitions,
  keys: ReadonlyArray<string>
): ReadonlyMap<string, Requirements> => requirements(definitions, keys)

/** The requirements as JSON holds them. */
export const requirementsJson = (needs: ReadonlyMap<string, Requirements>) => ({
  flags: Object.fromEntries(
    [...needs].map(([key, need]) => [key, { ...need, groupProperties: Object.fromEntries(need.groupProperties) }])
  )
})

const lines = (need: Requirements): ReadonlyArray<string> => [
  ...(need.personProperties.length === 0 ? [] : [`person properties: ${need.personProperties.map(quoted).join(", ")}`]),
  ...(need.groups.length === 0 ? [] : [`groups: ${need.groups.map(quoted).join(", ")}`]),
  ...[...need.groupProperties].map(([type, names]) =>
    `properties of the group ${quoted(type)}: ${names.map(quoted).join(", ")}`
  ),
  ...(need.deviceId ? ["a device id"] : []),
  ...(need.flags.length === 0 ? [] : [`other flags: ${need.flags.map(quoted).join(", ")}`]),
  ...need.never.map((cause) => `never decided locally, at least for some people: ${printable(cause)}`)
]

/** A paragraph for each flag. */
export const renderRequirements = (needs: ReadonlyMap<string, Requirements>): string =>
  [...needs]
    .map(([key, need]) => {
      const found = lines(need)
      return [`flag ${quoted(key)}`, ...(found.length === 0 ? ["nothing but a distinct id"] : found)].join("\n  ")
    })
    .map((paragraph) => `${paragraph}\n`)
    .join("")
