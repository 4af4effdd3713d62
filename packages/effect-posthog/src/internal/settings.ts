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

/** What a group of options was given, read option by option. `prefix`: what stands before their names in errors. */
const reader = <Given extends object>(prefix: string, given: Given | undefined) => {
  const read = (option: keyof Given & string, fallback: unknown): unknown => {
    const value = given?.[option]
    return value === undefined ? fallback : value
  }
  return {
    size: (option: keyof Given & string, fallback: number, least = 1): Checked<number> => {
      const value: unknown = read(option, fallback)
      return typeof value === "number" && Number.isSafeInteger(value) && value >= least
        ? Either.right(value)
        : unusable(prefix + option, `is not an integer of at least ${least}`)
    },

    duration: (
      option: keyof Given & string,
      fallback: Duration.DurationInput,
      zero: "allowed" | "forbidden" = "forbidden"
    ): Checked<Duration.Duration> => {
      const name = prefix + option
      const value: unknown = read(option, fallback)
      const decoded = Duration.decodeUnknown(value ?? fallback)
      if (Option.isNone(decoded) || Number.isNaN(value)) return unusable(name, "is not a duration")
      // Decoding makes zero of them, which means "do not wait" here and there.
      if ((typeof value === "number" && value < 0) || (typeof value === "string" && value.startsWith("-"))) {
        return unusable(name, "is negative")
      }
      const millis = Duration.toMillis(decoded.value)
      if (!Number.isFinite(millis)) return unusable(name, "is not finite")
      if (millis === 0 && zero === "forbidden") return unusable(name, "is not longer than zero")
      return Either.right(decoded.value)
    },

    /** The first one is the default. */
    oneOf: <A extends string>(option: keyof Given & string, allowed: readonly [A, ...ReadonlyArray<A>]): Checked<A> => {
      const value: unknown = read(option, allowed[0])
      return allowed.includes(value as A)
        ? Either.right(value as A)
        : unusable(prefix + option, `is none of ${allowed.join(", ")}`)
    },

    flag: (option: keyof Given & string, fallback: boolean): Checked<boolean> => {
      const value: unknown = read(option, fallback)
      return typeof value === "boolean" ? Either.right(value) : unusable(prefix + option, "is not a boolean")
    }
  }
}

const contexts = (value: FlagsOptions["evaluationContexts"]): Checked<ReadonlyArray<string>> => {
  const list: unknown = value ?? []
  if (!Array.isArray(list) || list.some((context) => typeof context !== "string")) {
    return unusable("flags.evaluationContexts", "is not a list of strings")
  }
  return Either.right((list as Array<string>).map((context) => context.trim()).filter((context) => context !== ""))
}

const flags = (given: Options["flags"]): Checked<Settings["flags"]> =>
  Either.gen(function*() {
    const { duration, flag } = reader("flags.", given)
    const { maxRetries = 1 } = given ?? {}
    if (typeof maxRetries !== "number" || Number.isNaN(maxRetries)) {
      return yield* unusable("flags.maxRetries", "is not a number")
    }
    return {
      requestTimeout: yield* duration("requestTimeout", "3 seconds"),
      maxRetries: Math.min(9, Math.max(0, Math.trunc(maxRetries))),
      evaluationContexts: yield* contexts(given?.evaluationContexts),
      onlyEvaluateLocally: yield* flag("onlyEvaluateLocally", false)
    }
  })

const definitions = (given: Options["definitions"]): Checked<Settings["definitions"]> =>
  Either.gen(function*() {
    const { duration, size } = reader("definitions.", given)
    return {
      pollInterval: Duration.max(Duration.millis(100), yield* duration("pollInterval", "30 seconds")),
      requestTimeout: yield* duration("requestTimeout", "10 seconds"),
      regexEngine: given?.regexEngine,
      maxDocumentBytes: yield* size("maxDocumentBytes", 32 * 1024 * 1024)
    }
  })

const hooks = (beforeSend: EventsOptions["beforeSend"]): Checked<ReadonlyArray<BeforeSend>> => {
  const list = beforeSend === undefined ? [] : typeof beforeSend === "function" ? [beforeSend] : beforeSend
  return Array.isArray(list) && list.every((hook) => typeof hook === "function")
    ? Either.right([...list])
    : unusable("events.beforeSend", "is neither a function nor a list of functions")
}

const events = (given: Options["events"]): Checked<Settings["events"]> =>
  Either.gen(function*() {
    const { duration, flag, oneOf, size } = reader("events.", given)
    const protocol = yield* oneOf("protocol", ["v0", "v1"])
    const compression = yield* oneOf("compression", ["gzip", "none", "deflate", "br"])
    if (protocol === "v0" && (compression === "deflate" || compression === "br")) {
      return yield* unusable("events.compression", `${compression} needs the "v1" protocol`)
    }
    return {
      protocol,
      compression,
      flushAt: yield* size("flushAt", 20),
      flushInterval: yield* duration("flushInterval", "5 seconds"),
      maxBatchSize: yield* size("maxBatchSize", 100),
      queueSize: yield* size("queueSize", 10_000),
      whenFull: yield* oneOf("whenFull", ["dropOldest", "dropNewest", "backpressure"]),
      maxRetries: yield* size("maxRetries", 3, 0),
      retryBase: yield* duration("retryBase", "1 second", "allowed"),
      requestTimeout: yield* duration("requestTimeout", "10 seconds"),
      historicalMigration: yield* flag("historicalMigration", false),
      shutdownTimeout: yield* duration("shutdownTimeout", "30 seconds", "allowed"),
      beforeSend: yield* hooks(given?.beforeSend)
    }
  })

/** @internal */
export const validate = (options: Options): Effect.Effect<Settings, PostHogConfigError> =>
  Either.gen(function*() {
    const { flag } = reader("", options)
    return {
      apiKey: yield* apiKey(options),
      host: yield* host(options),
      secretKey: yield* secretKey(options),
      enabled: yield* flag("enabled", true),
      disableGeoip: yield* flag("disableGeoip", true),
      isServer: yield* flag("isServer", true),
      properties: { ...options.properties },
      flags: yield* flags(options.flags),
      definitions: yield* definitions(options.definitions),
      events: yield* events(options.events),
      dedup: { capacity: yield* reader("dedup.", options.dedup).size("capacity", 50_000) }
    }
  })
