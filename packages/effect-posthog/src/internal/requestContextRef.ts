import * as FiberRef from "effect/FiberRef"
import { globalValue } from "effect/GlobalValue"
import type { RequestContext } from "../CurrentRequest.ts"

/** @internal */
export const requestContextRef: FiberRef.FiberRef<RequestContext> = globalValue(
  "effect-posthog/RequestContext",
  () => FiberRef.unsafeMake<RequestContext>({})
)
