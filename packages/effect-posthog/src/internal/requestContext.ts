import * as FiberRef from "effect/FiberRef"
import { globalValue } from "effect/GlobalValue"
import { mergeProperties } from "./properties.ts"

/**
 * What is known about the current request. Explicit arguments of a call always win over it.
 *
 * @since 3.0.0
 * @category models
 */
export interface RequestContext {
  /** The identity of evaluations and events that name none. */
  readonly distinctId?: string | undefined
  /** The device of evaluations that name none. */
  readonly deviceId?: string | undefined
  /** Sent as `$session_id` with events and exposures. */
  readonly sessionId?: string | undefined
  /** Put on events and exposures, above the configured properties and below the event's own. */
  readonly properties?: Readonly<Record<string, unknown>> | undefined
}

/** @internal */
export const requestContextRef: FiberRef.FiberRef<RequestContext> = globalValue(
  "effect-posthog/RequestContext",
  () => FiberRef.unsafeMake<RequestContext>({})
)

/**
 * What a request context contributes to the properties of an event.
 *
 * @internal
 */
export const contextProperties = (context: RequestContext): Readonly<Record<string, unknown>> | undefined => {
  if (context.sessionId === undefined || context.sessionId === "") return context.properties
  return mergeProperties({ $session_id: context.sessionId }, context.properties)
}

const longest = 1000

// C0, DEL and C1 control characters.
// oxlint-disable-next-line no-control-regex
const controls = /[\u0000-\u001f\u007f-\u009f]/g

const clean = (value: unknown): string | undefined => {
  if (typeof value !== "string") return undefined
  const text = [...value.replace(controls, "").trim()].slice(0, longest).join("")
  return text === "" ? undefined : text
}

const firstUsable = (value: unknown): string | undefined => {
  if (!Array.isArray(value)) return clean(value)
  for (const candidate of value) {
    const text = clean(candidate)
    if (text !== undefined) return text
  }
  return undefined
}

/**
 * The identity and session that a client announced. Header names are matched in any case.
 *
 * @internal
 */
export const readTracingHeaders = (
  headers: Readonly<Record<string, unknown>>
): { readonly distinctId?: string | undefined; readonly sessionId?: string | undefined } => {
  let distinctId: string | undefined
  let sessionId: string | undefined
  for (const name of Object.keys(headers)) {
    const lower = name.toLowerCase()
    if (lower === "x-posthog-distinct-id") distinctId ??= firstUsable(headers[name])
    else if (lower === "x-posthog-session-id") sessionId ??= firstUsable(headers[name])
  }
  return { distinctId, sessionId }
}
