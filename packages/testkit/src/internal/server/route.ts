import type { Endpoint } from "../../Recording.ts"

const posts: Readonly<Record<string, Endpoint>> = {
  "/flags": "flags",
  "/flags/": "flags",
  "/batch": "batch",
  "/batch/": "batch",
  // PostHog knows this path with the slash only.
  "/i/v0/ai/batch/": "ai",
  "/i/v1/analytics/events": "events",
  "/i/v1/analytics/events/": "events"
}

const gets: Readonly<Record<string, Endpoint>> = {
  "/flags/definitions": "definitions",
  "/flags/definitions/": "definitions"
}

/** @internal */
export const route = (method: string, path: string): Endpoint | "other" => {
  const paths = method === "POST" ? posts : method === "GET" ? gets : {}
  return paths[path] ?? "other"
}
