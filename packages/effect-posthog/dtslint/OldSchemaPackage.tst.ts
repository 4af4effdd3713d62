// Why `Schema` comes from `effect`: what `@effect/platform` takes is the schema of that module. The package that it grew
// out of, `@effect/schema`, still installs beside it, and its schemas are another type.
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as OldSchema from "@effect/schema/Schema"
import * as Schema from "effect/Schema"
import { describe, expect, test } from "tstyche"

const current = Schema.Struct({ flags: Schema.Array(Schema.String) })
const old = OldSchema.Struct({ flags: OldSchema.Array(OldSchema.String) })

describe("@effect/platform", () => {
  test("decodes a response with a schema of effect, not with one of @effect/schema", () => {
    expect(HttpClientResponse.schemaBodyJson).type.toBeCallableWith(current)
    expect(HttpClientResponse.schemaBodyJson).type.not.toBeCallableWith(old)
  })

  test("encodes a request with a schema of effect, not with one of @effect/schema", () => {
    expect(HttpClientRequest.schemaBodyJson).type.toBeCallableWith(current)
    expect(HttpClientRequest.schemaBodyJson).type.not.toBeCallableWith(old)
  })
})
