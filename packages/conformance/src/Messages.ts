/**
 * The bodies that the harness sends. What a test leaves unset arrives as `null` in some of them: it counts as absent.
 */
import * as Schema from "effect/Schema"

const orAbsent = <A, I, R>(schema: Schema.Schema<A, I, R>) => Schema.optionalWith(schema, { nullable: true })

const JsonObject = Schema.Record({ key: Schema.String, value: Schema.Unknown })

const DistinctId = Schema.Union(Schema.String, Schema.Number).pipe(
  Schema.transform(Schema.String, { strict: true, decode: String, encode: (text) => text })
)

export const Init = Schema.Struct({
  api_key: Schema.String,
  host: Schema.String,
  flush_at: orAbsent(Schema.Number),
  flush_interval_ms: orAbsent(Schema.Number),
  max_retries: orAbsent(Schema.Number),
  enable_compression: orAbsent(Schema.Boolean),
  disable_geoip: orAbsent(Schema.Boolean),
  historical_migration: orAbsent(Schema.Boolean)
})

export type Init = typeof Init.Type

export const Capture = Schema.Struct({
  distinct_id: orAbsent(DistinctId),
  event: Schema.String,
  properties: orAbsent(JsonObject),
  timestamp: orAbsent(Schema.String),
  options: orAbsent(JsonObject),
  uuid: orAbsent(Schema.String)
})

export type Capture = typeof Capture.Type

export const GetFeatureFlag = Schema.Struct({
  key: Schema.String,
  distinct_id: orAbsent(DistinctId),
  person_properties: orAbsent(JsonObject),
  groups: orAbsent(Schema.Record({ key: Schema.String, value: Schema.Union(Schema.String, Schema.Number) })),
  group_properties: orAbsent(Schema.Record({ key: Schema.String, value: JsonObject })),
  disable_geoip: orAbsent(Schema.Boolean)
})

export type GetFeatureFlag = typeof GetFeatureFlag.Type
