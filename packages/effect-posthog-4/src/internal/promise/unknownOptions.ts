// Generated from packages/effect-posthog/src/internal/promise/unknownOptions.ts by packages/tools/editions.mjs: change that file, not this one.
import type {
  DedupOptions,
  DefinitionsOptions,
  EventsOptions,
  ExceptionsOptions,
  FlagsOptions
} from "../../PostHogConfig.ts"
import type { PromiseOptions } from "../../PostHogPromise.ts"
import { oneLine, quote } from "../quote.ts"

type Names<Options> = Readonly<Record<keyof Options, true>>

// The compiler sees that none is missing.
const flags: Names<FlagsOptions> = {
  requestTimeout: true,
  maxRetries: true,
  evaluationContexts: true,
  onlyEvaluateLocally: true,
  maxResponseBytes: true
}

const definitions: Names<DefinitionsOptions> = {
  pollInterval: true,
  requestTimeout: true,
  regexEngine: true,
  timeZone: true,
  maxDocumentBytes: true
}

const events: Names<EventsOptions> = {
  protocol: true,
  flushAt: true,
  flushInterval: true,
  maxBatchSize: true,
  queueSize: true,
  whenFull: true,
  maxRetries: true,
  retryBase: true,
  requestTimeout: true,
  maxResponseBytes: true,
  compression: true,
  historicalMigration: true,
  shutdownTimeout: true,
  beforeSend: true
}

const dedup: Names<DedupOptions> = { capacity: true }

const exceptions: Names<ExceptionsOptions> = { root: true, inApp: true, logAnnotations: true }

const client: Names<PromiseOptions> = {
  apiKey: true,
  host: true,
  secretKey: true,
  enabled: true,
  disableGeoip: true,
  isServer: true,
  properties: true,
  flags: true,
  definitions: true,
  events: true,
  dedup: true,
  runtime: true,
  exceptions: true,
  logger: true,
  waitUntil: true,
  overrides: true,
  spool: true
}

const groups: Readonly<Record<string, Readonly<Record<string, true>>>> = {
  flags,
  definitions,
  events,
  dedup,
  exceptions
}

/** What other names of posthog-node mean here. */
const renamed: Readonly<Record<string, string>> = {
  personalApiKey: "secretKey",
  disabled: "enabled",
  evaluationEnvironments: "flags.evaluationContexts",
  strictLocalEvaluation: "flags.onlyEvaluateLocally",
  disableRemoteFeatureFlags: "flags.onlyEvaluateLocally",
  featureFlagsRequestTimeoutMs: "flags.requestTimeout",
  featureFlagsRequestMaxRetries: "flags.maxRetries",
  featureFlagsPollingInterval: "definitions.pollInterval",
  maxQueueSize: "events.queueSize",
  requestTimeout: "events.requestTimeout",
  fetchRetryCount: "events.maxRetries",
  fetchRetryDelay: "events.retryBase",
  disableCompression: "events.compression",
  before_send: "events.beforeSend",
  maxCacheSize: "dedup.capacity",
  fetch: "the second argument of make",
  bootstrap: "overrides"
}

const paths = [
  ...Object.keys(client),
  ...Object.entries(groups).flatMap(([group, names]) => Object.keys(names).map((name) => `${group}.${name}`))
]

const lastOf = (path: string): string => path.slice(path.lastIndexOf(".") + 1).toLowerCase()

const meantBy = (path: string): string | undefined =>
  (Object.hasOwn(renamed, path) ? renamed[path] : undefined) ?? paths.find((known) => lastOf(known) === lastOf(path))

const unknownIn = (given: object, known: Readonly<Record<string, true>>, prefix: string): ReadonlyArray<string> =>
  Object.entries(given)
    .filter(([name, value]) => value !== undefined && !Object.hasOwn(known, name))
    .map(([name]) => prefix + name)

/**
 * What an operator should know about options that nothing reads: misspelt ones, and those of posthog-node.
 *
 * @internal
 */
export const unknownOptions = (options: PromiseOptions): string | undefined => {
  const unknown = [
    ...unknownIn(options, client, ""),
    ...Object.entries(groups).flatMap(([group, names]) => {
      const given: unknown = options[group as keyof PromiseOptions]
      return typeof given === "object" && given !== null ? unknownIn(given, names, `${group}.`) : []
    })
  ]
  if (unknown.length === 0) return undefined
  const named = unknown.slice(0, 20).map((path) => {
    const meant = meantBy(path)
    return meant === undefined ? quote(path) : `${quote(path)} (here: ${oneLine(meant)})`
  })
  return `Unknown options have no effect: ${named.join(", ")}`
}
