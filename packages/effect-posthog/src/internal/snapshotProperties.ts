import type { FlagSnapshot } from "../FlagSnapshot.ts"

/** @internal */
export const eventPropertiesOf = (snapshot: FlagSnapshot): Readonly<Record<string, unknown>> => snapshot.eventProperties
