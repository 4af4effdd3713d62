import { Outbox } from "@effect-posthog/sql"
import { FetchHttpClient } from "@effect/platform"
import { SqlClient } from "@effect/sql"
import { PgClient } from "@effect/sql-pg"
import { Config, Effect, Layer } from "effect"
import { PostHog } from "effect-posthog"

// #region layer
const Database = PgClient.layerConfig({ url: Config.redacted("DATABASE_URL") })

export const PostHogLayer = (options: PostHog.Options) =>
  Outbox.layer.pipe(
    Layer.provideMerge(PostHog.layer(options)),
    Layer.provide(FetchHttpClient.layer),
    Layer.provideMerge(Database)
  )
// #endregion

// #region capture
export const pay = (invoice: string, userId: string) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* sql`update invoices set paid = true where id = ${invoice}`
    yield* Outbox.capture({ distinctId: userId, event: "invoice paid", properties: { invoice } })
  }).pipe((self) => Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(self)))
// #endregion
