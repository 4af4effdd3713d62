/**
 * What makes two exposures the same.
 *
 * @since 0.1.0
 */

/**
 * What makes two exposures the same. `value` is absent for a flag that has none; the order of `groups` is of no
 * consequence, and none is the same as `{}`.
 *
 * @since 0.1.0
 * @category models
 */
export interface ExposureKey {
  readonly distinctId: string
  readonly key: string
  readonly value?: boolean | string | undefined
  readonly deviceId?: string | undefined
  readonly groups?: Readonly<Record<string, string | number>> | undefined
}

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
 * @since 0.1.0
 * @category getters
 */
export const encode = (exposure: ExposureKey): string =>
  JSON.stringify([
    exposure.distinctId,
    exposure.key,
    value(exposure),
    exposure.deviceId ?? "",
    canonicalGroups(exposure.groups)
  ])
