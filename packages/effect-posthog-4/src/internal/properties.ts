// Generated from packages/effect-posthog/src/internal/properties.ts by packages/tools/editions.mjs: change that file, not this one.
type Properties = Readonly<Record<string, unknown>>

const descriptorsOf = (record: Properties | undefined): PropertyDescriptorMap => {
  try {
    return Object.getOwnPropertyDescriptors(record ?? {})
  } catch {
    // A proxy may refuse even that.
    return {}
  }
}

/**
 * The properties of both; of two with one name, the later. One that throws when it is read is left unread: the copy that
 * every event is made of says so in its place.
 *
 * @internal
 */
export const mergeProperties = (earlier: Properties | undefined, later: Properties | undefined): Properties => {
  try {
    return { ...earlier, ...later }
  } catch {
    return Object.defineProperties({}, { ...descriptorsOf(earlier), ...descriptorsOf(later) })
  }
}

/**
 * The device that the properties of a person name, if they do.
 *
 * @internal
 */
export const devicePropertyOf = (
  personProperties: Readonly<Record<string, unknown>> | undefined
): string | undefined => {
  try {
    const named = personProperties?.["$device_id"]
    return typeof named === "string" && named !== "" ? named : undefined
  } catch {
    return undefined
  }
}
