import type { LoadDefinitions } from "../DefinitionsLoad.ts"

/**
 * What a source is called in statuses and metrics.
 *
 * @internal
 */
export const sourceName = ({ name = "custom" }: LoadDefinitions): string => name
