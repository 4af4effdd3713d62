import { fromIoredis, fromNodeRedis, RedisClient } from "@effect-posthog/redis"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Cluster, Redis } from "ioredis"
import * as Ioredis5 from "ioredis5"
import * as Iovalkey from "iovalkey"
import { createClient, createCluster } from "redis"
import * as Redis5 from "redis5"

type Client = Context.Tag.Service<RedisClient>

export interface ClientKind {
  readonly name: string
  /** A connection of its own, closed with the scope. */
  readonly connect: (port: number) => Effect.Effect<Client, never, Scope.Scope>
}

const silent = () => {}

const ioredis = (name: string, make: (port: number) => Redis | Ioredis5.Redis | Iovalkey.Redis): ClientKind => ({
  name,
  connect: (port) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const client = make(port)
        client.on("error", silent)
        return client
      }),
      (client) => Effect.sync(() => client.disconnect())
    ).pipe(Effect.map((client) => fromIoredis(client)))
})

const address = { host: "127.0.0.1" }

export const ioredis6 = ioredis("ioredis 6", (port) => new Redis({ ...address, port }))

export const nodeRedis6: ClientKind = {
  name: "node-redis 6",
  connect: (port) =>
    Effect.acquireRelease(
      Effect.promise(() => createClient({ url: `redis://127.0.0.1:${port}` }).on("error", silent).connect()),
      (client) => Effect.sync(() => client.destroy())
    ).pipe(Effect.map((client) => fromNodeRedis(client)))
}

/** Every client that the adapters are for. */
export const clients: ReadonlyArray<ClientKind> = [
  ioredis6,
  ioredis("ioredis 5", (port) => new Ioredis5.Redis({ ...address, port })),
  ioredis("iovalkey", (port) => new Iovalkey.Redis({ ...address, port })),
  nodeRedis6,
  {
    name: "node-redis 5",
    connect: (port) =>
      Effect.acquireRelease(
        Effect.promise(() => Redis5.createClient({ url: `redis://127.0.0.1:${port}` }).on("error", silent).connect()),
        (client) => Effect.sync(() => client.destroy())
      ).pipe(Effect.map((client) => fromNodeRedis(client)))
  }
]

/** Clients of a cluster, by one of its ports. */
export const clusterClients: ReadonlyArray<ClientKind> = [
  {
    name: "ioredis 6 Cluster",
    connect: (port) =>
      Effect.acquireRelease(
        Effect.sync(() => new Cluster([{ ...address, port }]).on("error", silent)),
        (client) => Effect.sync(() => client.disconnect())
      ).pipe(Effect.map((client) => fromIoredis(client)))
  },
  {
    name: "node-redis 6 cluster",
    connect: (port) =>
      Effect.acquireRelease(
        Effect.promise(() =>
          createCluster({ rootNodes: [{ url: `redis://127.0.0.1:${port}` }] }).on("error", silent).connect()
        ),
        (client) => Effect.sync(() => client.destroy())
      ).pipe(Effect.map((client) => fromNodeRedis(client)))
  }
]
