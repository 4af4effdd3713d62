import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Tracer from "effect/Tracer"
import { inspect } from "node:util"

const shown = (value: unknown): string => inspect(value, { depth: 20, showHidden: true })

/** Every way in which an error ends up in a log or on a screen. */
export const printed = (error: unknown): string =>
  [
    shown(error),
    JSON.stringify(error),
    String(error),
    Cause.pretty(Cause.fail(error), { renderErrorCause: true }),
    shown(Cause.fail(error)),
    error instanceof Error ? `${error.stack} ${shown(error.cause)}` : ""
  ].join("\n")

/** Keeps what an effect logs at any level, and each span that it ends. */
export const observed = <A, E, R>(effect: Effect.Effect<A, E, R>) => {
  const lines: Array<string> = []
  const logger = Logger.make((options) => {
    lines.push(shown(Logger.structuredLogger.log(options)), Logger.logfmtLogger.log(options))
  })
  let spans = 0
  const tracer = Tracer.make({
    span: (name, parent, context, links, startTime, kind) => {
      const attributes = new Map<string, unknown>()
      const span: Tracer.Span = {
        _tag: "Span",
        name,
        spanId: String(++spans),
        traceId: "trace",
        parent,
        context,
        status: { _tag: "Started", startTime },
        attributes,
        links,
        sampled: true,
        kind,
        end: (_, exit) => {
          lines.push(`span ${name} ${shown([...attributes])}`)
          if (Exit.isFailure(exit)) lines.push(Cause.pretty(exit.cause, { renderErrorCause: true }), shown(exit.cause))
        },
        attribute: (key, value) => void attributes.set(key, value),
        event: (event, _, more) => void lines.push(`event ${event} ${shown(more)}`),
        addLinks: () => {}
      }
      return span
    },
    context: (execution) => execution()
  })
  return effect.pipe(
    Effect.withTracer(tracer),
    Effect.provide(Layer.mergeAll(
      Logger.replace(Logger.defaultLogger, logger),
      Logger.minimumLogLevel(LogLevel.All)
    )),
    Effect.map((result) => ({ result, lines, spans: () => spans }))
  )
}
