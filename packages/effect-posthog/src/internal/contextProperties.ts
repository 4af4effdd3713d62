import type { RequestContext } from "../CurrentRequest.ts"

/**
 * What a request context contributes to the properties of an event.
 *
 * @internal
 */
export const contextProperties = (context: RequestContext): Readonly<Record<string, unknown>> | undefined => {
  if (context.sessionId === undefined || context.sessionId === "") return context.properties
  return { $session_id: context.sessionId, ...context.properties }
}
