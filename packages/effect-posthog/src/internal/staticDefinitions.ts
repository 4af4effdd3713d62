import * as Effect from "effect/Effect"
import type { LoadDefinitions } from "../DefinitionsLoad.ts"

const etag = "static"

/** @internal */
export const staticDefinitions = (document: unknown): LoadDefinitions => ({
  name: "static",
  load: (held) => Effect.succeed(held === etag ? { _tag: "NotModified" } : { _tag: "Loaded", document, etag })
})
