import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { BeforeSend } from "../EventDraft.ts"
import type { EventsOptions, FlagsOptions, Options, Settings } from "../Options.ts"
import { PostHogConfigError } from "../PostHogConfigError.ts"

const defaultHost = "https://us.i.posthog.com"

// The addresses of the web application, which people copy from their browser, do not take events.
const ingestionHosts: Readonly<Record<string, string>> = {
  "https://app.posthog.com": defaultHost,
  "https://us.posthog.com": defaultHost,
  "https://eu.posthog.com": "https://eu.i.posthog.com"
}

type Checked<A> = Either.Either<A, PostHogConfigError>

const unusable = (option: string, problem: string) => Either.left(new PostHogConfigError({ option, problem }))

const key = (option: string, value: Redacted.Redacted<string> | undefined): Checked<Redacted.Redacted<string>> => {
  const text = Redacted.isRedacted(value) ? Redacted.value(value) : undefined
  if (typeof text !== "string") return unusable(option, "is not a Redacted string")
  const trimmed = text.trim()
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u0020\u007f-\uffff]/.test(trimmed)) return unusable(option, "contains a character no key has")
  return Either.right(Redacted.make(trimmed))
}

const apiKey = (options: Options): Checked<Redacted.Redacted<string>> =>
  Either.flatMap(key("apiKey", options.apiKey), (checked) =>
    options.enabled !== false && Redacted.value(checked) === ""
      ? unusable("apiKey", "is empty (to run without a key, set enabled to false)")
      : Either.right(checked))

const secretKey = (options: Options): Checked<Redacted.Redacted<string> | undefined> => {
  if (options.secretKey === undefined) return Either.right(undefined)
  return Either.flatMap(key("secretKey", options.secretKey), (checked) => {
    const text = Redacted.value(checked)
    if (text === "") return unusable("secretKey", "is empty (leave it out to do without local evaluation)")
    if (text.includes("phc_")) {
      return unusable("secretKey", "is a project API key; a personal (phx_) or project secret key (phs_) is needed")
    }
    return Either.right(checked)
  })
}

const host = (options: Options): Checked<string> => {
  if (options.host !== undefined && typeof options.host !== "string") return unusable("host", "is not a string")
  const text = (options.host ?? "").trim().replace(/\/+$/, "")
  if (text === "") return Either.right(defaultHost)
  let url: URL
  try {
    url = new URL(text)
  } catch {
    return unusable("host", "is not a URL")
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") return unusable("host", "is not an http or https URL")
  if (url.username !== "" || url.password !== "") return unusable("host", "contains credentials")
  if (url.search !== "" || url.hash !== "") return unusable("host", "has a query or a fragment")
  return Either.right(ingestionHosts[text] ?? text)
}

const size = (option: string, value: number | undefined, fallback: number, least = 1): Checked<number> => {
  if (value === undefined) return Either.right(fallback)
  return Number.isSafeInteger(value) && value >= least
    ? Either.right(value)
    : unusable(option, `is not an integer of at least ${least}`)
}

const duration = (
  option: string,
  value: Duration.DurationInput | undefined,
  fallback: Duration.DurationInput,
  zero: "allowed" | "forbidden" = "forbidden"
): Checked<Duration.Duration> => {
  const decoded = Duration.decodeUnknown(value ?? fallback)
  if (Option.isNone(decoded) || Number.isNaN(value)) return unusable(option, "is not a duration")
  // Decoding makes zero of them, which means "do not wait" here and there.
  if ((typeof value === "number" && value < 0) || (typeof value === "string" && value.startsWith("-"))) {
    return unusable(option, "is negative")
  }
  const millis = Duration.toMillis(decoded.value)
  if (!Number.isFinite(millis)) return unusable(option, "is not finite")
  if (millis === 0 && zero === "forbidden") return unusable(option, "is not longer than zero")
  return Either.right(decoded.value)
}

const oneOf = <A extends string>(
  option: string,
  value: A | undefined,
  allowed: readonly [A, ...ReadonlyArray<A>]
): Checked<A> => {
  if (value === undefined) return Either.right(allowed[0])
  return allowed.includes(value) ? Either.right(value) : unusable(option, `is none of ${allowed.join(", ")}`)
}

const flag = (option: string, value: boolean | undefined, fallback: boolean): Checked<boolean> => {
  if (value === undefined) return Either.right(fallback)
  return typeof value === "boolean" ? Either.right(value) : unusable(option, "is not a boolean")
}

const contexts = (value: FlagsOptions["evaluationContexts"]): Checked<ReadonlyArray<string>> => {
  const list: unknown = value ?? []
  if (!Array.isArray(list) || list.some((context) => typeof context !== "string")) {
    return unusable("flags.evaluationContexts", "is not a list of strings")
  }
  return Either.right((list as Array<string>).map((context) => context.trim()).filter((context) => context !== ""))
}

const flags = (options: Options): Checked<Settings["flags"]> =>
  Either.gen(function*() {
    const { evaluationContexts, maxRetries = 1, onlyEvaluateLocally, requestTimeout } = options.flags ?? {}
    if (typeof maxRetries !== "number" || Number.isNaN(maxRetries)) {
      return yield* unusable("flags.maxRetries", "is not a number")
    }
    return {
      requestTimeout: yield* duration("flags.requestTimeout", requestTimeout, "3 seconds"),
      maxRetries: Math.min(9, Math.max(0, Math.trunc(maxRetries))),
      evaluationContexts: yield* contexts(evaluationContexts),
      onlyEvaluateLocally: yield* flag("flags.onlyEvaluateLocally", onlyEvaluateLocally, false)
    }
  })

const definitions = (options: Options): Checked<Settings["definitions"]> =>
  Either.gen(function*() {
    const { maxDocumentBytes, pollInterval, regexEngine, requestTimeout } = options.definitions ?? {}
    return {
      pollInterval: Duration.max(
        Duration.millis(100),
        yield* duration("definitions.pollInterval", pollInterval, "30 seconds")
      ),
      requestTimeout: yield* duration("definitions.requestTimeout", requestTimeout, "10 seconds"),
      regexEngine,
      maxDocumentBytes: yield* size("definitions.maxDocumentBytes", maxDocumentBytes, 32 * 1024 * 1024)
    }
  })

const hooks = (beforeSend: EventsOptions["beforeSend"]): Checked<ReadonlyArray<BeforeSend>> => {
  const list = beforeSend === undefined ? [] : typeof beforeSend === "function" ? [beforeSend] : beforeSend
  return Array.isArray(list) && list.every((hook) => typeof hook === "function")
    ? Either.right([...list])
    : unusable("events.beforeSend", "is neither a function nor a list of functions")
}

const events = (options: Options): Checked<Settings["events"]> =>
  Either.gen(function*() {
    const given = options.events ?? {}
    const protocol = yield* oneOf("events.protocol", given.protocol, ["v0", "v1"])
    const compression = yield* oneOf("events.compression", given.compression, ["gzip", "none", "deflate", "br"])
    if (protocol === "v0" && (compression === "deflate" || compression === "br")) {
      return yield* unusable("events.compression", `${compression} needs the "v1" protocol`)
    }
    return {
      protocol,
      compression,
      flushAt: yield* size("events.flushAt", given.flushAt, 20),
      flushInterval: yield* duration("events.flushInterval", given.flushInterval, "5 seconds"),
      maxBatchSize: yield* size("events.maxBatchSize", given.maxBatchSize, 100),
      queueSize: yield* size("events.queueSize", given.queueSize, 10_000),
      whenFull: yield* oneOf("events.whenFull", given.whenFull, ["dropOldest", "dropNewest", "backpressure"]),
      maxRetries: yield* size("events.maxRetries", given.maxRetries, 3, 0),
      retryBase: yield* duration("events.retryBase", given.retryBase, "1 second", "allowed"),
      requestTimeout: yield* duration("events.requestTimeout", given.requestTimeout, "10 seconds"),
      historicalMigration: yield* flag("events.historicalMigration", given.historicalMigration, false),
      shutdownTimeout: yield* duration("events.shutdownTimeout", given.shutdownTimeout, "30 seconds", "allowed"),
      beforeSend: yield* hooks(given.beforeSend)
    }
  })

/** @internal */
export const validate = (options: Options): Effect.Effect<Settings, PostHogConfigError> =>
  Either.gen(function*() {
    return {
      apiKey: yield* apiKey(options),
      host: yield* host(options),
      secretKey: yield* secretKey(options),
      enabled: yield* flag("enabled", options.enabled, true),
      disableGeoip: yield* flag("disableGeoip", options.disableGeoip, true),
      isServer: yield* flag("isServer", options.isServer, true),
      properties: { ...options.properties },
      flags: yield* flags(options),
      definitions: yield* definitions(options),
      events: yield* events(options),
      dedup: { capacity: yield* size("dedup.capacity", options.dedup?.capacity, 50_000) }
    }
  })
