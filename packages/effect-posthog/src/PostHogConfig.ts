/**
 * The options of a PostHog client, their defaults, and the validated configuration.
 *
 * @since 3.0.0
 */
import type { RegexEngine } from "@effect-posthog/evaluator"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { BeforeSend } from "./EventDraft.ts"
import { isAbsent, isUsableRecord } from "./internal/input.ts"
import { annotated } from "./internal/library.ts"
import { oneLine, quote } from "./internal/quote.ts"
import { detectRuntime } from "./internal/runtime.ts"
import { PostHogConfigError } from "./PostHogConfigError.ts"

/**
 * How events travel: `"v0"` is the batch endpoint every PostHog version serves, `"v1"` the newer analytics endpoint
 * that answers event by event.
 *
 * @since 3.0.0
 * @category models
 */
export type CaptureProtocol = "v0" | "v1"

/**
 * How request bodies that carry events are compressed. `"deflate"`, `"br"` and `"zstd"` need the `"v1"` protocol;
 * `"zstd"` also needs a runtime that has it: Node.js from 22.15 on.
 *
 * @since 3.0.0
 * @category models
 */
export type CompressionCodec = "none" | "gzip" | "deflate" | "br" | "zstd"

/**
 * What the event queue does with one more event when it is full: give up the oldest queued event, refuse the new one,
 * or make the capturing fiber wait (interruptibly) for room.
 *
 * @since 3.0.0
 * @category models
 */
export type WhenFull = "dropOldest" | "dropNewest" | "backpressure"

/**
 * The options of `PostHog.layer`. Durations are `Duration.DurationInput`; every size is an integer of at least one.
 *
 * @since 3.0.0
 * @category configuration
 */
export interface Options {
  /** The project API key (`phc_...`). Blank space around it is removed. */
  readonly apiKey: Redacted.Redacted<string>
  /** Where PostHog is. Default: `https://us.i.posthog.com`. */
  readonly host?: string | undefined
  /** A personal (`phx_...`) or project secret key (`phs_...`). Switches local evaluation on. */
  readonly secretKey?: Redacted.Redacted<string> | undefined
  /** `false`: nothing is evaluated, nothing is sent. Default: `true`. */
  readonly enabled?: boolean | undefined
  /** Keep PostHog from deriving a location from the address that sends the request. Default: `true`. */
  readonly disableGeoip?: boolean | undefined
  /** Mark events with `$is_server`. Default: `true`. */
  readonly isServer?: boolean | undefined
  /** Properties put on every event, below the event's own. Default: none. */
  readonly properties?: Readonly<Record<string, unknown>> | undefined
  /** Remote flag evaluation. */
  readonly flags?: FlagsOptions | undefined
  /** Flag definitions for local evaluation. */
  readonly definitions?: DefinitionsOptions | undefined
  /** The event pipeline. */
  readonly events?: EventsOptions | undefined
  /** Exposure deduplication. */
  readonly dedup?: DedupOptions | undefined
  /**
   * `"worker"`: nothing runs between requests. Whoever calls does the work that its call needs: `flush` sends, and an
   * evaluation loads the definitions that are due. For runtimes that tie input, output and timers to the request that
   * began them. Default: `"worker"` on Cloudflare Workers; elsewhere the client works in the background.
   */
  readonly runtime?: "worker" | undefined
  /** What `effect-posthog/Exceptions` reports. */
  readonly exceptions?: ExceptionsOptions | undefined
}

/**
 * Options of remote flag evaluation.
 *
 * @since 3.0.0
 * @category configuration
 */
export interface FlagsOptions {
  /** Bounds each attempt, its body included. Default: 3 seconds. */
  readonly requestTimeout?: Duration.DurationInput | undefined
  /** Retries after the first attempt, 0 to 9. Default: 1. */
  readonly maxRetries?: number | undefined
  /** Evaluate only flags tagged with one of these, and untagged ones. Default: none, which is no restriction. */
  readonly evaluationContexts?: ReadonlyArray<string> | undefined
  /** Never ask the server for flag values. Default: `false`. */
  readonly onlyEvaluateLocally?: boolean | undefined
  /** Bytes read of an answer at most; a larger one fails the evaluation with the reason `TooLarge`. Default: 8 MiB. */
  readonly maxResponseBytes?: number | undefined
}

/**
 * Options of the flag definitions loader.
 *
 * @since 3.0.0
 * @category configuration
 */
export interface DefinitionsOptions {
  /** Time between the end of one load and the start of the next. Default: 30 seconds; at least 100 milliseconds. */
  readonly pollInterval?: Duration.DurationInput | undefined
  /** Bounds each load, its body included. Default: 10 seconds. */
  readonly requestTimeout?: Duration.DurationInput | undefined
  /** A linear-time engine for patterns that the built-in one declines. Default: those flags go to the server. */
  readonly regexEngine?: RegexEngine | undefined
  /**
   * The time zone of the PostHog project, as in its settings, by its IANA name: `"Europe/Berlin"`. Dates in conditions are
   * read in it. Default: unknown, and a condition that the zone could decide is left to the server.
   */
  readonly timeZone?: string | undefined
  /** A larger definitions document is refused and the loaded one kept. Default: 32 MiB. */
  readonly maxDocumentBytes?: number | undefined
}

/**
 * Options of the event pipeline.
 *
 * @since 3.0.0
 * @category configuration
 */
export interface EventsOptions {
  /** Default: `"v0"`. */
  readonly protocol?: CaptureProtocol | undefined
  /** Number of queued events that starts a delivery. Default: 20. */
  readonly flushAt?: number | undefined
  /** How long an event waits in the queue at most before a delivery starts. Default: 5 seconds. */
  readonly flushInterval?: Duration.DurationInput | undefined
  /** Events in one request at most. Default: 100. */
  readonly maxBatchSize?: number | undefined
  /**
   * Events in the queue at most. Under `"dropOldest"` what is being sent does not count: it cannot be dropped any more,
   * and newer events are not dropped for it. Default: 10,000.
   */
  readonly queueSize?: number | undefined
  /** Default: `"dropOldest"`. */
  readonly whenFull?: WhenFull | undefined
  /** Retries of one batch after its first attempt. Default: 3. */
  readonly maxRetries?: number | undefined
  /** Delay before the first retry; doubles with each, up to 30 seconds. Default: 1 second. */
  readonly retryBase?: Duration.DurationInput | undefined
  /** Bounds each attempt, its body included. Default: 10 seconds. */
  readonly requestTimeout?: Duration.DurationInput | undefined
  /** Bytes read of an answer at most; larger ones are not read to their end. Default: 1 MiB. */
  readonly maxResponseBytes?: number | undefined
  /** Default: `"gzip"`. */
  readonly compression?: CompressionCodec | undefined
  /** Mark requests as an import of old events. Default: `false`. */
  readonly historicalMigration?: boolean | undefined
  /** Time the queue has to drain when its scope closes. Default: 30 seconds. */
  readonly shutdownTimeout?: Duration.DurationInput | undefined
  /** One or more hooks that see each event before it is queued, in order. Default: none. */
  readonly beforeSend?: BeforeSend | ReadonlyArray<BeforeSend> | undefined
}

/**
 * Options of exposure deduplication.
 *
 * @since 3.0.0
 * @category configuration
 */
export interface DedupOptions {
  /** Exposures remembered by `DedupStore.layerMemory`. Default: 50,000. */
  readonly capacity?: number | undefined
}

/**
 * A line of an error's stack.
 *
 * @since 3.0.0
 * @category models
 */
export interface StackFrame {
  readonly filename: string
  /** `"?"` when it has no name. */
  readonly function: string
  readonly lineno?: number | undefined
  readonly colno?: number | undefined
}

/**
 * Options of exceptions.
 *
 * @since 3.0.0
 * @category configuration
 */
export interface ExceptionsOptions {
  /**
   * The folder of the application, cut from the front of file names. PostHog groups exceptions by their places: with it,
   * a bug is one issue on hosts that hold the application in different folders. Default: none.
   */
  readonly root?: string | undefined
  /** Frames of the application's files for which this gives `false` count as those of a library. Default: none. */
  readonly inApp?: ((frame: StackFrame) => boolean) | undefined
  /** The log annotations that go onto exceptions. Default: none. */
  readonly logAnnotations?: ReadonlyArray<string> | undefined
}

/**
 * The options after validation, with every default filled in. Sizes are counts, durations are `Duration`.
 *
 * @since 3.0.0
 * @category models
 */
export interface Settings {
  readonly apiKey: Redacted.Redacted<string>
  /** Without trailing slashes. */
  readonly host: string
  readonly secretKey: Redacted.Redacted<string> | undefined
  readonly enabled: boolean
  readonly disableGeoip: boolean
  readonly isServer: boolean
  readonly properties: Readonly<Record<string, unknown>>
  readonly flags: {
    readonly requestTimeout: Duration.Duration
    readonly maxRetries: number
    readonly evaluationContexts: ReadonlyArray<string>
    readonly onlyEvaluateLocally: boolean
    readonly maxResponseBytes: number
  }
  readonly definitions: {
    readonly pollInterval: Duration.Duration
    readonly requestTimeout: Duration.Duration
    readonly regexEngine: RegexEngine | undefined
    readonly timeZone: string | undefined
    readonly maxDocumentBytes: number
  }
  readonly events: {
    readonly protocol: CaptureProtocol
    readonly flushAt: number
    readonly flushInterval: Duration.Duration
    readonly maxBatchSize: number
    readonly queueSize: number
    readonly whenFull: WhenFull
    readonly maxRetries: number
    readonly retryBase: Duration.Duration
    readonly requestTimeout: Duration.Duration
    readonly maxResponseBytes: number
    readonly compression: CompressionCodec
    readonly historicalMigration: boolean
    readonly shutdownTimeout: Duration.Duration
    readonly beforeSend: ReadonlyArray<BeforeSend>
  }
  readonly dedup: { readonly capacity: number }
  /** Where work is done: in the background, or by whoever calls. */
  readonly runtime: "process" | "worker"
  readonly exceptions: ExceptionsOptions
}

const defaultHost = "https://us.i.posthog.com"

// The addresses of the web application, which people copy from their browser, do not take events.
const ingestionHosts: Readonly<Record<string, string>> = {
  "app.posthog.com": defaultHost,
  "posthog.com": defaultHost,
  "www.posthog.com": defaultHost,
  "us.posthog.com": defaultHost,
  "eu.posthog.com": "https://eu.i.posthog.com",
  // PostHog's own addresses take requests over TLS alone.
  "us.i.posthog.com": defaultHost,
  "eu.i.posthog.com": "https://eu.i.posthog.com"
}

type Checked<A> = Either.Either<A, PostHogConfigError>

const unusable = (option: string, problem: string) => Either.left(new PostHogConfigError({ option, problem }))

const key = (option: string, value: Redacted.Redacted<string> | undefined): Checked<Redacted.Redacted<string>> => {
  const text = Redacted.isRedacted(value) ? Redacted.value(value) : undefined
  if (typeof text !== "string") return unusable(option, "is not a Redacted string: wrap it, as in Redacted.make(key)")
  const trimmed = text.trim()
  if (/^["'`].*["'`]$/.test(trimmed)) return unusable(option, "is wrapped in quotation marks: remove them")
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u0020\u007f-\uffff]/.test(trimmed)) return unusable(option, "contains a character no key has")
  return Either.right(Redacted.make(trimmed))
}

const apiKey = (options: Partial<Options>): Checked<Redacted.Redacted<string>> =>
  Either.flatMap(key("apiKey", options.apiKey), (checked) =>
    options.enabled !== false && Redacted.value(checked) === ""
      ? unusable("apiKey", "is empty (to run without a key, set enabled to false)")
      : Redacted.value(checked).startsWith("phx_")
      ? unusable(
        "apiKey",
        "is a personal API key (phx_): it belongs in secretKey; the project API key begins with phc_"
      )
      : Redacted.value(checked).startsWith("phs_")
      ? unusable("apiKey", "is a secret key (phs_): it belongs in secretKey; the project API key begins with phc_")
      : Either.right(checked))

const secretKey = (options: Partial<Options>): Checked<Redacted.Redacted<string> | undefined> => {
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

/** What was probably meant by a host without a scheme, as people write one. */
const suggestionFor = (text: string): string => {
  const region = /^(?:us|eu)$/i.exec(text)?.[0].toLowerCase()
  if (region !== undefined) return `: did you mean https://${oneLine(region)}.i.posthog.com?`
  const isLocal = /^(?:localhost|\[[\da-f:]+\]|[\d.]+|[\w-]+(?=:\d))(?::\d+)?(?:\/|$)/i.test(text)
  const isName = /^[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:\/|$)/.test(text)
  const url = `${isLocal ? "http" : "https"}://${text}`
  return text.length < 100 && (isLocal || isName) && URL.canParse(url)
    ? `: did you mean ${oneLine(url)}?`
    : ", such as https://us.i.posthog.com or https://eu.i.posthog.com"
}

const host = (options: Partial<Options>): Checked<string> => {
  if (options.host !== undefined && typeof options.host !== "string") return unusable("host", "is not a string")
  const text = (options.host ?? "").trim().replace(/\/+$/, "")
  if (text === "") return Either.right(defaultHost)
  if (!/^https?:\/\//i.test(text)) return unusable("host", `is not an http or https URL${oneLine(suggestionFor(text))}`)
  if (!URL.canParse(text)) return unusable("host", "is not a URL")
  const url = new URL(text)
  if (url.username !== "" || url.password !== "") return unusable("host", "contains credentials")
  if (url.search !== "" || url.hash !== "") return unusable("host", "has a query or a fragment")
  const path = url.pathname.replace(/\/+$/, "")
  const ingestion = path === "" ? ingestionHosts[url.hostname] : undefined
  return Either.right(ingestion ?? `${url.origin}${path}`)
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
        : unusable(prefix + option, `must be one of ${allowed.map(quote).join(", ")}`)
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
    const { duration, flag, size } = reader("flags.", given)
    const { maxRetries = 1 } = given ?? {}
    if (typeof maxRetries !== "number" || Number.isNaN(maxRetries)) {
      return yield* unusable("flags.maxRetries", "is not a number")
    }
    return {
      requestTimeout: yield* duration("requestTimeout", "3 seconds"),
      maxRetries: Math.min(9, Math.max(0, Math.trunc(maxRetries))),
      evaluationContexts: yield* contexts(given?.evaluationContexts),
      onlyEvaluateLocally: yield* flag("onlyEvaluateLocally", false),
      maxResponseBytes: yield* size("maxResponseBytes", 8 * 1024 * 1024)
    }
  })

const timeZone = (value: unknown): Checked<string | undefined> => {
  if (value === undefined) return Either.right(undefined)
  try {
    new Intl.DateTimeFormat("en", { timeZone: value as string })
    return typeof value === "string" ? Either.right(value) : unusable("definitions.timeZone", "is not a string")
  } catch {
    return unusable("definitions.timeZone", `is not an IANA time zone, such as "Europe/Berlin" or "UTC"`)
  }
}

const definitions = (given: Options["definitions"]): Checked<Settings["definitions"]> =>
  Either.gen(function*() {
    const { duration, size } = reader("definitions.", given)
    return {
      pollInterval: Duration.max(Duration.millis(100), yield* duration("pollInterval", "30 seconds")),
      requestTimeout: yield* duration("requestTimeout", "10 seconds"),
      regexEngine: given?.regexEngine,
      timeZone: yield* timeZone(given?.timeZone),
      maxDocumentBytes: yield* size("maxDocumentBytes", 32 * 1024 * 1024)
    }
  })

const runtime = (given: Options["runtime"]): Checked<Settings["runtime"]> =>
  given === undefined || given === null
    ? Either.right(detectRuntime())
    : given === "worker"
    ? Either.right(given)
    : unusable("runtime", `must be "worker", or left out`)

const hooks = (beforeSend: EventsOptions["beforeSend"]): Checked<ReadonlyArray<BeforeSend>> => {
  const list = beforeSend === undefined ? [] : typeof beforeSend === "function" ? [beforeSend] : beforeSend
  return Array.isArray(list) && list.every((hook) => typeof hook === "function")
    ? Either.right([...list])
    : unusable("events.beforeSend", "must be a function or a list of functions")
}

const events = (given: Options["events"]): Checked<Settings["events"]> =>
  Either.gen(function*() {
    const { duration, flag, oneOf, size } = reader("events.", given)
    const protocol = yield* oneOf("protocol", ["v0", "v1"])
    const compression = yield* oneOf("compression", ["gzip", "none", "deflate", "br", "zstd"])
    if (protocol === "v0" && compression !== "gzip" && compression !== "none") {
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
      maxResponseBytes: yield* size("maxResponseBytes", 1024 * 1024),
      historicalMigration: yield* flag("historicalMigration", false),
      shutdownTimeout: yield* duration("shutdownTimeout", "30 seconds", "allowed"),
      beforeSend: yield* hooks(given?.beforeSend)
    }
  })

const exceptions = (given: Options["exceptions"]): Checked<ExceptionsOptions> => {
  const { inApp, logAnnotations, root } = given ?? {}
  if (root !== undefined && typeof root !== "string") return unusable("exceptions.root", "is not a string")
  if (inApp !== undefined && typeof inApp !== "function") return unusable("exceptions.inApp", "is not a function")
  const names: unknown = logAnnotations ?? []
  return Array.isArray(names) && names.every((name) => typeof name === "string")
    ? Either.right({ root, inApp, logAnnotations: names })
    : unusable("exceptions.logAnnotations", "is not a list of strings")
}

const properties = (given: Options["properties"]): Checked<Settings["properties"]> =>
  isAbsent(given) || isUsableRecord(given)
    ? Either.right({ ...given })
    : unusable("properties", "is not an object")

/** @internal */
export const validate = (given: Options): Effect.Effect<Settings, PostHogConfigError> =>
  Either.gen(function*() {
    const options: Partial<Options> = given ?? {}
    const { flag } = reader("", options)
    return {
      apiKey: yield* apiKey(options),
      host: yield* host(options),
      secretKey: yield* secretKey(options),
      enabled: yield* flag("enabled", true),
      disableGeoip: yield* flag("disableGeoip", true),
      isServer: yield* flag("isServer", true),
      properties: yield* properties(options.properties),
      flags: yield* flags(options.flags),
      definitions: yield* definitions(options.definitions),
      events: yield* events(options.events),
      dedup: { capacity: yield* reader("dedup.", options.dedup).size("capacity", 50_000) },
      runtime: yield* runtime(options.runtime),
      exceptions: yield* exceptions(options.exceptions)
    }
  })

// These options are valid: without a key is how a disabled client runs.
const disabled = Effect.orDie(validate({ apiKey: Redacted.make(""), enabled: false }))

const optional = <A>(config: Config.Config<A>) => Config.map(Config.option(config), Option.getOrUndefined)

const isBlank = (secret: Redacted.Redacted<string>): boolean => Redacted.value(secret).trim() === ""

const captureMode = Effect.flatMap(
  optional(Config.string("POSTHOG_CAPTURE_MODE")),
  (mode): Effect.Effect<CaptureProtocol | undefined> => {
    switch (mode?.trim().toLowerCase()) {
      case undefined:
      case "":
        return Effect.succeed(undefined)
      case "v0":
      case "legacy":
        return Effect.succeed("v0")
      case "v1":
      case "analytics_v1":
        return Effect.succeed("v1")
      default:
        return Effect.logWarning("POSTHOG_CAPTURE_MODE is neither v0 nor v1; events are sent with v0").pipe(
          annotated("PostHogConfig"),
          Effect.as("v0")
        )
    }
  }
)

// Here as below, an empty variable is how environments say "not set".
const isDisabled = Effect.flatMap(
  Config.withDefault(Config.string("POSTHOG_DISABLED"), ""),
  (text) => text.trim() === "" ? Effect.succeed(false) : Config.boolean("POSTHOG_DISABLED")
)

const variables: Readonly<Record<string, string>> = {
  apiKey: "POSTHOG_API_KEY",
  host: "POSTHOG_HOST",
  secretKey: "POSTHOG_SECRET_KEY"
}

const fromEnvironment: Effect.Effect<Settings, PostHogConfigError | ConfigError> = Effect.gen(function*() {
  if (yield* isDisabled) return yield* disabled
  const secretKey = yield* optional(Config.redacted("POSTHOG_SECRET_KEY"))
  return yield* validate({
    apiKey: yield* Config.redacted("POSTHOG_API_KEY"),
    host: yield* optional(Config.string("POSTHOG_HOST")),
    secretKey: secretKey === undefined || isBlank(secretKey) ? undefined : secretKey,
    events: { protocol: yield* captureMode }
  }).pipe(
    Effect.mapError(({ option, problem }) => new PostHogConfigError({ option, problem, variable: variables[option] }))
  )
})

/**
 * The validated configuration. Every service takes what it needs from it once, when its layer is built.
 *
 * @since 3.0.0
 * @category tags
 */
export class PostHogConfig extends Context.Tag("effect-posthog/PostHogConfig")<PostHogConfig, Settings>() {
  /**
   * Validates options. Fails with `PostHogConfigError` for the first option that cannot be used: an empty API key (of
   * an enabled client), a host that is no http(s) URL, a secret that is a project key, a size below one, a compression
   * the protocol does not have.
   *
   * @since 3.0.0
   * @category layers
   */
  static readonly layer = (options: Options): Layer.Layer<PostHogConfig, PostHogConfigError> =>
    Layer.effect(PostHogConfig, validate(options))

  /**
   * The configuration of a client that does nothing.
   *
   * @since 3.0.0
   * @category layers
   */
  static readonly layerDisabled: Layer.Layer<PostHogConfig> = Layer.effect(
    PostHogConfig,
    disabled
  )

  /**
   * The configuration from the environment, or from whatever the `ConfigProvider` reads; see `PostHog.layerFromEnv` for
   * the variables. Errors name the variable.
   *
   * @since 3.0.0
   * @category layers
   */
  static readonly layerFromEnv: Layer.Layer<PostHogConfig, PostHogConfigError | ConfigError> = Layer.effect(
    PostHogConfig,
    fromEnvironment
  )
}
