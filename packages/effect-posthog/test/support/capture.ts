import type { FlagSnapshot } from "effect-posthog"

/** What a captured event carries of a snapshot. */
export const eventProperties = (snapshot: FlagSnapshot): Readonly<Record<string, unknown>> => snapshot.eventProperties
