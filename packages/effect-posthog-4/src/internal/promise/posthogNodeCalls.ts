// Generated from packages/effect-posthog/src/internal/promise/posthogNodeCalls.ts by packages/tools/editions.mjs: change that file, not this one.
import type { FlagKey } from "../../Flag.ts"
import { isFlag } from "../flagKeys.ts"
import { isAbsent } from "../input.ts"

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const fieldsOf = (value: unknown): Fields => isFields(value) ? value : {}

/**
 * A request for one flag: posthog-node's key, id and options, or the request itself. The key is empty when none was given.
 *
 * @internal
 */
export const singleFlagRequest = <Request extends { readonly key: FlagKey }>(
  first: unknown,
  ...rest: ReadonlyArray<unknown>
): Request => {
  const isPositional = typeof first === "string" || isFlag(first)
  const { key, ...request } = isPositional ? { ...rest.find(isFields), key: first } : fieldsOf(first)
  const [id] = rest
  return {
    ...request,
    ...(isPositional && !isAbsent(id) && !isFields(id) ? { distinctId: id } : {}),
    key: typeof key === "string" || isFlag(key) ? key : ""
  } as unknown as Request
}

const merged = (name: string, ...parts: ReadonlyArray<unknown>): Fields => {
  const changes = Object.assign({}, ...parts.map(fieldsOf))
  return Object.keys(changes).length === 0 ? {} : { [name]: changes }
}

/**
 * A message about a person, with posthog-node's `properties` and `propertiesOnce` as the changes that they are.
 *
 * @internal
 */
export const personMessage = <Message extends object>(message: Message): Message => {
  if (!isFields(message) || (!isFields(message["properties"]) && !isFields(message["propertiesOnce"]))) return message
  const { properties, propertiesOnce, set, setOnce, ...rest } = message as Fields
  const { $set, $set_once, $anon_distinct_id: _, ...others } = fieldsOf(properties)
  return {
    ...rest,
    ...merged("set", others, $set, set),
    ...merged("setOnce", $set_once, propertiesOnce, setOnce)
  } as unknown as Message
}

/**
 * The anonymous id that posthog-node's `identify` joins to the person.
 *
 * @internal
 */
export const anonymousIdOf = (message: unknown): string | undefined => {
  const { $anon_distinct_id: id } = fieldsOf(fieldsOf(message)["properties"])
  return typeof id === "string" && id !== "" ? id : undefined
}

/**
 * What is said about an exception: posthog-node's id and properties, or the options themselves.
 *
 * @internal
 */
export const exceptionOptions = <Options extends object>(second: unknown, properties: unknown): Options =>
  (isFields(second) ? second : { distinctId: second, properties }) as Options

/**
 * The message of an event whose flags are to be evaluated for it, if it asks for that and has none.
 *
 * @internal
 */
export const messageWithFlags = <Message extends object>(message: unknown): Message | undefined => {
  // Most messages do not ask: they are not copied.
  if (!isFields(message) || isAbsent(message["sendFeatureFlags"])) return undefined
  const { sendFeatureFlags, ...rest } = message
  if (sendFeatureFlags === false || !isAbsent(rest["flags"])) return undefined
  const { flagKeys, groupProperties, onlyEvaluateLocally, personProperties } = fieldsOf(sendFeatureFlags)
  return { ...rest, flagKeys, groupProperties, onlyEvaluateLocally, personProperties } as unknown as Message
}
