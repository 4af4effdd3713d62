import * as Fault from "@effect-posthog/testkit/Fault"
import type { Endpoint } from "@effect-posthog/testkit/Recording"

/** The faults that the page offers, by name. */
export const faults: Readonly<Record<string, Fault.Fault>> = {
  "answers 503": Fault.status(503),
  "answers 429, retry after 5 s": Fault.status(429, { retryAfter: 5 }),
  "answers 401": Fault.status(401),
  "over quota": Fault.quotaLimited,
  "2 s late": Fault.delay("2 seconds"),
  "never answers": Fault.hang,
  "cuts the connection": Fault.reset,
  "breaks off in the middle": Fault.resetMidBody,
  "sends half a document": Fault.malformedBody
}

/** The endpoints that faults can be switched on for. */
export const endpoints: ReadonlyArray<Endpoint> = ["flags", "definitions", "batch", "ai", "events"]
