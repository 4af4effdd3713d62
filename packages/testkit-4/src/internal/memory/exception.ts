// Generated from packages/testkit/src/internal/memory/exception.ts by packages/tools/editions.mjs: change that file, not this one.
import type { PostHogEvent } from "effect-posthog"
import * as ErrorTracking from "../../ErrorTracking.ts"
import type { RecordedException } from "../../Recording.ts"
import { arrayOrEmpty, objectOrEmpty, stringOr } from "../json.ts"

/** @internal */
export const exceptionEvent = "$exception"

/** @internal */
export const isException = (event: PostHogEvent): boolean => event.event === exceptionEvent

/** @internal */
export const toException = (event: PostHogEvent): RecordedException => {
  const { properties } = event
  const list = arrayOrEmpty(properties["$exception_list"]).map(objectOrEmpty)
  const handled = objectOrEmpty(list[0]?.["mechanism"])["handled"]
  return {
    ...ErrorTracking.process(properties),
    type: stringOr(list[0]?.["type"], ""),
    value: stringOr(list[0]?.["value"], ""),
    level: stringOr(properties["$exception_level"], undefined),
    handled: typeof handled === "boolean" ? handled : undefined,
    source: stringOr(properties["$exception_source"], undefined),
    distinctId: event.distinctId,
    types: list.map(({ type }) => stringOr(type, "")),
    event
  }
}
