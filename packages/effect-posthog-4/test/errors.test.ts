// Generated from packages/effect-posthog/test/errors.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { assert, describe, it } from "./support/effectVitest.ts"
import {
  CompressionError,
  DeciderError,
  DefinitionsCacheError,
  DefinitionsError,
  FlagOverridesError,
  FlagPayloadError,
  FlagSnapshot,
  FlagValueError,
  InvalidEventError,
  PostHogConfigError,
  RemoteFlagsError
} from "effect-posthog-4"

// Express, Koa and Fastify answer with these fields of an error that reaches them.
const readByWebFrameworks = ["status", "statusCode", "headers", "expose"]

const failure = { reason: "ApiError", httpStatus: 401 } as const

const errors: ReadonlyArray<Error> = [
  new CompressionError({ reason: "Unavailable", codec: "br" }),
  new DeciderError(failure),
  new DefinitionsCacheError({ operation: "get" }),
  new DefinitionsError({ reason: "Unauthorized", httpStatus: 401 }),
  new FlagOverridesError({ origin: "layer", problem: "is not a record" }),
  new FlagPayloadError({ flag: "pricing", wanted: "number", seen: "a string", path: "" }),
  new FlagValueError({ flag: "pricing", wanted: "a variant", seen: "a boolean" }),
  new InvalidEventError({ field: "event", problem: "is empty" }),
  new PostHogConfigError({ option: "host", problem: "is not a URL" }),
  new RemoteFlagsError({ ...failure, snapshot: FlagSnapshot.fromValues({}) })
]

describe("an error that escapes into a web framework", () => {
  for (const error of errors) {
    it(`changes nothing about the response: ${error.name}`, () => {
      for (const field of readByWebFrameworks) assert.isFalse(field in error, field)
    })
  }
})
