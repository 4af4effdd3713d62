// Generated from packages/tools/editions/tests/test/support/standIns.ts by packages/tools/editions.mjs: change that file, not this one.
// What tests ask of Effect 3, on Effect 4.
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HashMap from "effect/HashMap"
import * as HttpClientError from "effect/http/HttpClientError"
import * as Logger from "effect/Logger"
import * as References from "effect/References"

const labels = { Warn: "WARN", Error: "ERROR", Info: "INFO", Debug: "DEBUG", Fatal: "FATAL", Trace: "TRACE" }

/** A logger that is told annotations and levels as in Effect 3. */
export const makeLogger = (log) =>
  Logger.make((options) =>
    log({
      ...options,
      annotations: HashMap.fromIterable(Object.entries(options.fiber.getRef(References.CurrentLogAnnotations))),
      logLevel: Object.assign(new String(options.logLevel), { label: labels[options.logLevel], _tag: options.logLevel })
    })
  )

const reasons = {
  Transport: HttpClientError.TransportError,
  Encode: HttpClientError.EncodeError,
  InvalidUrl: HttpClientError.InvalidUrlError,
  StatusCode: HttpClientError.StatusCodeError,
  Decode: HttpClientError.DecodeError,
  EmptyBody: HttpClientError.EmptyBodyError
}

/** The failure of a client, from what the errors of Effect 3 are made of. */
export const httpClientError = ({ reason, ...rest }) =>
  new HttpClientError.HttpClientError({ reason: new reasons[reason](rest) })

/** Random numbers that are always the same. */
export const fixedRandom = ([value]) => ({
  nextDoubleUnsafe: () => value,
  nextIntUnsafe: () => Math.floor(value * 2 ** 32)
})

/** Interrupts a fiber, and gives its exit. */
export const interruptFiber = (fiber) => Effect.andThen(Fiber.interrupt(fiber), Fiber.await(fiber))

/** Runs effects one after the other, each of which gives the state of the next. */
export const iterate = (initial, { body, while: isOpen }) =>
  Effect.suspend(() =>
    isOpen(initial)
      ? Effect.flatMap(body(initial), (next) => iterate(next, { body, while: isOpen }))
      : Effect.succeed(initial)
  )
