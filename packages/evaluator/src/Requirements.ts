/**
 * What flags need to be decided without the server.
 *
 * @since 1.0.0
 */
import type { CompiledDefinitions } from "./CompiledDefinitions.ts"
import { requirementsOf } from "./internal/requirementsOf.ts"

/**
 * What the definition of a flag looks at, the flags and cohorts that it refers to included. A caller who supplies all of
 * it gets a decision, unless something in `never` stands in the way; a given caller may get one for less. What is added
 * by itself, the properties `distinct_id` and `$group_key`, is not listed. A property of more than 2,000 characters or
 * 1,000 members leaves a flag undecided whatever the flag is, unless it only asks if the property is set.
 *
 * @since 1.0.0
 * @category models
 */
export interface Requirements {
  /** Names of person properties, sorted. */
  readonly personProperties: ReadonlyArray<string>
  /** Group types whose key is needed, sorted. */
  readonly groups: ReadonlyArray<string>
  /** Names of properties, sorted, by group type. */
  readonly groupProperties: ReadonlyMap<string, ReadonlyArray<string>>
  /** Whether a device id is needed. */
  readonly deviceId: boolean
  /**
   * Whether the time zone of the project is needed, which `compile` takes: without it, the flag is undecided for dates
   * about which the time zones of the world disagree.
   */
  readonly timeZone: boolean
  /** Keys of the flags that it depends on, sorted. */
  readonly flags: ReadonlyArray<string>
  /** Why the flag is left to the server whatever is supplied, at least for some callers. Empty for most flags. */
  readonly never: ReadonlyArray<string>
}

/**
 * Lists what flags need to be decided locally.
 *
 * **When to use**
 *
 * To find out which properties to supply, and which flags cost a request whatever is supplied.
 *
 * **Details**
 *
 * Without `keys`, all flags are listed. Keys without a definition are left out.
 *
 * **Example**
 *
 * ```ts
 * import { compile, requirements } from "@effect-posthog/evaluator"
 *
 * const { definitions } = compile({
 *   flags: [{
 *     key: "pricing",
 *     active: true,
 *     filters: {
 *       groups: [{ properties: [{ key: "plan", type: "person", operator: "exact", value: "pro" }] }]
 *     }
 *   }]
 * })
 *
 * assert.deepStrictEqual(requirements(definitions).get("pricing")?.personProperties, ["plan"])
 * ```
 *
 * @since 1.0.0
 * @category getters
 */
export const requirements = (
  definitions: CompiledDefinitions,
  keys: ReadonlyArray<string> = definitions.keys
): ReadonlyMap<string, Requirements> => {
  const found = new Map<string, Requirements>()
  for (const key of keys) {
    const flag = definitions.plan.flags.get(key)
    if (flag !== undefined && !flag.dropped) found.set(key, requirementsOf(flag))
  }
  return found
}
