import { SqlDefinitions } from "@effect-posthog/sql"
import { FetchHttpClient } from "@effect/platform"
import { PgClient } from "@effect/sql-pg"
import { Config, Layer } from "effect"
import { DedupStore, DefinitionsSource, EventTransport, PostHog, PostHogConfig } from "effect-posthog"

const Database = PgClient.layerConfig({ url: Config.redacted("DATABASE_URL") })

// One instance fetches the definitions for all.
const definitions = DefinitionsSource.layerShared(DefinitionsSource.layerHttp).pipe(
  Layer.provide(SqlDefinitions.layer)
)

// What `PostHog.layer` is, with this part.
export const PostHogLayer = (options: PostHog.Options) =>
  PostHog.layerServices.pipe(
    Layer.provide([definitions, EventTransport.layer, DedupStore.layerMemory]),
    Layer.provide([PostHogConfig.layer(options), FetchHttpClient.layer, Database])
  )
