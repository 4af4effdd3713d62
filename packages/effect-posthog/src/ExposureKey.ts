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

// Text with its length in front: what follows cannot be taken for a part of it.
const text = (part: string): string => `${part.length}:${part}`

const value = ({ value }: ExposureKey): string => {
  switch (typeof value) {
    case "string":
      return `s${text(value)}`
    case "boolean":
      return value ? "b1" : "b0"
    default:
      return "n"
  }
}

// The default order of strings is by code unit, whatever the locale.
const groups = ({ groups }: ExposureKey): string => {
  if (groups === undefined) return ""
  let encoded = ""
  for (const type of Object.keys(groups).sort()) encoded += text(type) + text(String(groups[type]))
  return encoded
}

/**
 * The exposure as one string: two exposures are the same exactly when their strings are.
 *
 * @since 0.1.0
 * @category getters
 */
export const encode = (exposure: ExposureKey): string =>
  text(exposure.distinctId) + text(exposure.key) + value(exposure) + text(exposure.deviceId ?? "") + groups(exposure)
