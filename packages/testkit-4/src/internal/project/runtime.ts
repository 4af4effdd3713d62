// Generated from packages/testkit/src/internal/project/runtime.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * The kind of SDK that a flag is meant for, or that asks.
 *
 * @internal
 */
export type Runtime = "all" | "client" | "server"

/**
 * A runtime as PostHog reads it: in any case, and what it does not know is `all`.
 *
 * @internal
 */
export const runtimeOf = (value: unknown): Runtime => {
  const text = typeof value === "string" ? value.toLowerCase() : undefined
  return text === "client" || text === "server" ? text : "all"
}

const sdkRuntimes: Readonly<Record<string, Runtime>> = {
  dotnet: "server",
  elixir: "server",
  go: "server",
  java: "server",
  node: "server",
  php: "server",
  python: "server",
  ruby: "server",
  server: "server",
  android: "client",
  flutter: "client",
  ios: "client",
  js: "client",
  "react-native": "client"
}

const fromUserAgent = (userAgent: string): Runtime | undefined => {
  if (userAgent.startsWith("posthog-")) {
    const name = /^posthog-([^/]+)\/[^\s]/.exec(userAgent)?.[1]
    return name !== undefined && Object.hasOwn(sdkRuntimes, name) ? sdkRuntimes[name] : undefined
  }
  if (/(?:Mozilla|Chrome|Safari|Firefox|Edge)\//.test(userAgent)) return "client"
  if (/(?:python-requests|curl)\//.test(userAgent)) return "server"
  return undefined
}

const browserHeaders = ["origin", "referer", "sec-fetch-mode", "sec-fetch-site"]

/**
 * Which kind of SDK sent a request to `/flags`: what the body says, else what the user agent is known for, else what
 * only browsers send. `undefined`: unknown.
 *
 * @internal
 */
export const requestRuntime = (
  stated: string | null | undefined,
  headers: Readonly<Record<string, string>>
): Runtime | undefined =>
  stated !== undefined && stated !== null
    ? runtimeOf(stated)
    : fromUserAgent(headers["user-agent"] ?? "") ??
      (browserHeaders.some((name) => headers[name] !== undefined) ? "client" : undefined)

/**
 * Whether an SDK of this kind gets the flag. One that is unknown gets only the flags that are meant for all.
 *
 * @internal
 */
export const isVisible = (flag: Runtime, asking: Runtime | undefined): boolean =>
  flag === "all" || asking === "all" || flag === asking
