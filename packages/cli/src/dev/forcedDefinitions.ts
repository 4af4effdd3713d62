import { asArray, asObject, own } from "../definitions/document.ts"

/** Flags that are forced to a value, by key. */
export type Forced = ReadonlyMap<string, boolean | string>

const forceFlag = (flag: unknown, value: boolean | string): unknown => {
  const definition = asObject(flag)
  const filters = asObject(own(definition, "filters"))
  const condition = { properties: [], rollout_percentage: 100, variant: typeof value === "string" ? value : null }
  return {
    ...definition,
    active: true,
    // Only a server that remembers could decide those.
    ensure_experience_continuity: false,
    bucketing_identifier: "distinct_id",
    filters: {
      payloads: own(filters, "payloads") ?? {},
      multivariate: typeof value === "string" ? own(filters, "multivariate") ?? null : null,
      groups: value === false ? [] : [condition]
    }
  }
}

/** The document with some flags forced to a value for everybody, so that every client of every kind decides them so. */
export const forceFlags = (document: unknown, forced: Forced): unknown => {
  if (forced.size === 0) return document
  const root = asObject(document)
  return {
    ...root,
    flags: asArray(own(root, "flags")).map((flag) => {
      const key = own(asObject(flag), "key")
      const value = typeof key === "string" ? forced.get(key) : undefined
      return value === undefined ? flag : forceFlag(flag, value)
    })
  }
}
