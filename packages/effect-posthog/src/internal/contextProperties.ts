import type { RequestContext } from "../CurrentRequest.ts"
import { mergeProperties } from "./mergeProperties.ts"

/**
 * What a request context contributes to the properties of an event.
 *
 * @internal
 */
export const contextProperties = (context: RequestContext): Readonly<Record<string, unknown>> | undefined => {
  if (context.sessionId === undefined || context.sessionId === "") return context.properties
  return mergeProperties({ $session_id: context.sessionId }, context.properties)
}
