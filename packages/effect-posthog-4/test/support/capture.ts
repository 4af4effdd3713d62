// Generated from packages/effect-posthog/test/support/capture.ts by packages/tools/editions.mjs: change that file, not this one.
import type { FlagSnapshot } from "effect-posthog-4"

/** What a captured event carries of a snapshot. */
export const eventProperties = (snapshot: FlagSnapshot): Readonly<Record<string, unknown>> => snapshot.eventProperties
