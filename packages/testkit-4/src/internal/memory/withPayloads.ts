// Generated from packages/testkit/src/internal/memory/withPayloads.ts by packages/tools/editions.mjs: change that file, not this one.
import type { RemoteFlag, RemoteValue } from "../../RemoteFlag.ts"

/** @internal */
export const withPayload = (flag: RemoteFlag, payload: unknown): RemoteFlag => {
  if (payload === undefined) return flag
  if (typeof flag === "function") return (request) => withPayloadValue(flag(request), payload)
  return withPayloadValue(flag, payload)
}

const withPayloadValue = (value: RemoteValue, payload: unknown): RemoteValue =>
  typeof value === "object" ? { ...value, payload } : { value, payload }

/**
 * The flags with the payloads of the same keys.
 *
 * @internal
 */
export const withPayloads = (
  flags: Readonly<Record<string, RemoteFlag>>,
  payloads: Readonly<Record<string, unknown>>
): Readonly<Record<string, RemoteFlag>> =>
  Object.fromEntries(
    Object.entries(flags).map(([key, flag]) => [
      key,
      withPayload(flag, Object.hasOwn(payloads, key) ? payloads[key] : undefined)
    ])
  )
