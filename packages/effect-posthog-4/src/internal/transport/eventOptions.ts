// Generated from packages/effect-posthog/src/internal/transport/eventOptions.ts by packages/tools/editions.mjs: change that file, not this one.
type Coerce = (value: unknown) => boolean | string | undefined

const toBoolean: Coerce = (value) => {
  switch (typeof value) {
    case "boolean":
      return value
    case "number":
      return value !== 0
    case "string": {
      const word = value.trim().toLowerCase()
      return word === "true" || word === "1" ? true : word === "false" || word === "0" ? false : undefined
    }
    default:
      return undefined
  }
}

const toText: Coerce = (value) => (typeof value === "string" ? value : undefined)

/**
 * Properties by which an event says how PostHog is to process it. PostHog refuses the whole request for one of the wrong
 * type, so each is made to fit or left out.
 *
 * @internal
 */
export const eventOptions: Readonly<Record<string, Coerce>> = {
  $cookieless_mode: toBoolean,
  $ignore_sent_at: toBoolean,
  $process_person_profile: toBoolean,
  $product_tour_id: toText
}

const names = Object.keys(eventOptions)

/**
 * The properties with options of the right type alone. Makes a new record only where one has to change.
 *
 * @internal
 */
export const withUsableOptions = (properties: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  let usable: Record<string, unknown> | undefined
  for (const name of names) {
    const value = properties[name]
    if (value === undefined) continue
    const coerced = eventOptions[name]?.(value)
    if (coerced === value) continue
    usable ??= { ...properties }
    if (coerced === undefined) delete usable[name]
    else usable[name] = coerced
  }
  return usable ?? properties
}
