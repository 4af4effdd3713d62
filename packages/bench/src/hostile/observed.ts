import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as HttpClient from "@effect/platform/HttpClient"
import { PostHog } from "effect-posthog"
import type { Options } from "effect-posthog/PostHogConfig"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Tracer from "effect/Tracer"

export const projectKey = "phc_attackedprojectkey"
export const secretKey = "phs_attackedsecretkey"

/** What a program shows of itself: log lines in every format, and spans. */
export class Shown {
  /** The messages alone. */
  readonly messages: Array<string> = []
  readonly spans: Array<Tracer.Span> = []

  private readonly formats = [Logger.stringLogger, Logger.jsonLogger, Logger.logfmtLogger]
  private readonly logged: Array<Logger.Logger.Options<unknown>> = []

  private readonly keep = Logger.make<unknown, void>((options) => {
    this.messages.push([options.message].flat().map(String).join(" "))
    this.logged.push(options)
  })

  /** Whole lines in the formats of Effect's loggers, made when they are asked for: that is not the library's work. */
  get lines(): ReadonlyArray<string> {
    return this.logged.flatMap((options) => this.formats.map((format) => format.log(options)))
  }

  private readonly tracer = Tracer.make({
    span: (name, parent, context, links, startTime, kind) => {
      const attributes = new Map<string, unknown>()
      const events: Array<readonly [string, unknown]> = []
      let status: Tracer.SpanStatus = { _tag: "Started", startTime }
      const span: Tracer.Span & { readonly events: typeof events } = {
        _tag: "Span",
        name,
        parent,
        context,
        links,
        kind,
        sampled: true,
        spanId: `span-${this.spans.length}`,
        traceId: Option.match(parent, { onNone: () => "trace", onSome: ({ traceId }) => traceId }),
        attributes,
        events,
        get status() {
          return status
        },
        attribute: (key, value) => void attributes.set(key, value),
        event: (event, _time, values) => void events.push([event, values]),
        addLinks: () => {},
        end: (endTime, exit) => {
          status = { _tag: "Ended", startTime, endTime, exit }
        }
      }
      this.spans.push(span)
      return span
    },
    context: (execute) => execute()
  })

  /** Runs a program so that all it shows is kept, and nothing is printed. */
  run<A, E>(program: Effect.Effect<A, E>): Promise<A> {
    return Effect.runPromise(program.pipe(
      Effect.provide(Logger.replace(Logger.defaultLogger, this.keep)),
      Logger.withMinimumLogLevel(LogLevel.All),
      Effect.withTracer(this.tracer)
    ))
  }
}

/** The whole client over fetch, or over the given HTTP client. */
export const clientLayer = (options: Partial<Options>, client?: Layer.Layer<HttpClient.HttpClient>) =>
  PostHog.layer({
    apiKey: Redacted.make(projectKey),
    ...options,
    flags: { requestTimeout: "2 seconds", maxRetries: 0, ...options.flags },
    definitions: { requestTimeout: "5 seconds", ...options.definitions },
    events: { requestTimeout: "2 seconds", maxRetries: 0, shutdownTimeout: "3 seconds", ...options.events }
  }).pipe(Layer.provide(client ?? FetchHttpClient.layer))
