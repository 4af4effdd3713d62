// Generated from packages/testkit/src/internal/server/route.ts by packages/tools/editions.mjs: change that file, not this one.
import type { Endpoint } from "../../Recording.ts"

const posts: Readonly<Record<string, Endpoint>> = {
  "/flags": "flags",
  "/flags/": "flags",
  "/batch": "batch",
  "/batch/": "batch",
  // PostHog knows this path with the slash only.
  "/i/v0/ai/batch/": "ai",
  "/i/v1/analytics/events": "events",
  "/i/v1/analytics/events/": "events",
  "/i/v1/logs": "logs",
  "/i/v1/logs/": "logs",
  "/i/v1/metrics": "metrics",
  "/i/v1/metrics/": "metrics",
  "/i/v1/traces": "traces",
  "/i/v1/traces/": "traces"
}

const gets: Readonly<Record<string, Endpoint>> = {
  "/flags/definitions": "definitions",
  "/flags/definitions/": "definitions"
}

const remoteConfig = /^\/api\/projects\/[^/]+\/feature_flags\/([^/]+)\/remote_config\/?$/

/**
 * The flag that a path of the remote config endpoint names.
 *
 * @internal
 */
export const remoteConfigKey = (path: string): string | undefined => {
  const key = remoteConfig.exec(path)?.[1]
  try {
    return key === undefined ? undefined : decodeURIComponent(key)
  } catch {
    return undefined
  }
}

/** @internal */
export const route = (method: string, path: string): Endpoint | "other" => {
  if (method === "GET" && remoteConfig.test(path)) return "remoteConfig"
  const paths = method === "POST" ? posts : method === "GET" ? gets : {}
  return (Object.hasOwn(paths, path) ? paths[path] : undefined) ?? "other"
}
