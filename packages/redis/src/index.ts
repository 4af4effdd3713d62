/**
 * Definitions fetched once and exposures reported once, for many instances, on Redis.
 *
 * @since 1.0.0
 */
export * from "./Ioredis.ts"
export * from "./NodeRedis.ts"
export * as RedisClaims from "./RedisClaims.ts"
export * from "./RedisClient.ts"
export * as RedisDefinitions from "./RedisDefinitions.ts"
