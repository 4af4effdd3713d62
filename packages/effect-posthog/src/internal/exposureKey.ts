import type { ExposureKey } from "../DedupCache.ts"

const value = (exposure: ExposureKey): string => {
  switch (typeof exposure.value) {
    case "string":
      return `s:${exposure.value}`
    case "boolean":
      return `b:${exposure.value}`
    default:
      return "n:"
  }
}

// `<` and `>` on strings compare code units, whatever the locale.
const canonicalGroups = (groups: ExposureKey["groups"]): ReadonlyArray<readonly [string, string]> => {
  if (groups === undefined) return []
  return Object.keys(groups)
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    .map((type) => [type, String(groups[type])] as const)
}

/**
 * The exposure as one string: two exposures are the same exactly when their strings are.
 *
 * @internal
 */
export const encodeExposureKey = (exposure: ExposureKey): string =>
  JSON.stringify([
    exposure.distinctId,
    exposure.key,
    value(exposure),
    exposure.deviceId ?? "",
    canonicalGroups(exposure.groups)
  ])
