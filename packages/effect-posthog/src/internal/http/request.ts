import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as FiberId from "effect/FiberId"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import * as Option from "effect/Option"
import { detectRuntime } from "../runtime.ts"

// Frameworks that replace fetch may keep answers, those to POST included. Workers have no cache between us and the
// server, and the older ones throw at the option.
const ourInit = (): RequestInit =>
  detectRuntime() === "worker"
    ? { redirect: "manual" }
    : { redirect: "manual", cache: "no-store" }

const withOurInit = (context: Context.Context<never>): Context.Context<never> =>
  Context.add(context, FetchHttpClient.RequestInit, {
    ...Option.getOrUndefined(Context.getOption(context, FetchHttpClient.RequestInit)),
    ...ourInit()
  })

/**
 * A client whose requests follow no redirects and are not cached, to be used in a fiber of its own.
 *
 * @internal
 */
export const withOurOptions = (client: HttpClient.HttpClient): HttpClient.HttpClient =>
  // A client may bring options of its own for fetch, such as a dispatcher for a proxy, and options provided around it
  // would take their place. A step that prepares the request runs where both are visible, so it can add to them.
  HttpClient.mapRequestEffect(
    client,
    (prepared) => Effect.as(FiberRef.update(FiberRef.currentContext, withOurInit), prepared)
  )

/**
 * The references of a fiber that makes a request of ours: no client span and no trace headers, as the URL of some
 * requests holds a token and PostHog is not part of the caller's trace.
 *
 * @internal
 */
export const ourRefs = (refs: FiberRefs.FiberRefs, fiberId: FiberId.Runtime): FiberRefs.FiberRefs =>
  FiberRefs.updateAs(refs, { fiberId, fiberRef: FiberRef.currentTracerEnabled, value: false })

// The context is the effect's own, so that what is added to it goes with it.
// A fiber that reads a body and fails would log its error, which names the URL, before it is handled here.
const ourOwn = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withTracerEnabled(Effect.mapInputContext(effect, (context: Context.Context<R>) => context), false).pipe(
    Effect.withUnhandledErrorLogLevel(Option.none())
  )

type Use<A, E, R> = (response: HttpClientResponse.HttpClientResponse) => Effect.Effect<A, E, R>

type Request = <A, E, R>(
  httpRequest: HttpClientRequest.HttpClientRequest,
  use: Use<A, E, R>
) => Effect.Effect<A, E | HttpClientError.HttpClientError, R>

/**
 * Makes requests and hands each response to `use`. A request is aborted when `use` ends before the body was read, or is
 * interrupted. To be run in a fiber of its own, which has {@link ourRefs}.
 *
 * @internal
 */
export const makeScopedRequest = (client: HttpClient.HttpClient): Request => {
  const { execute } = HttpClient.withScope(withOurOptions(client))
  return (httpRequest, use) => Effect.scoped(Effect.flatMap(execute(httpRequest), use))
}

/**
 * {@link makeScopedRequest} for any fiber.
 *
 * @internal
 */
export const makeRequest = (client: HttpClient.HttpClient): Request => {
  const request = makeScopedRequest(client)
  return (httpRequest, use) => ourOwn(request(httpRequest, use))
}

/**
 * An error and its chain of causes, as far as it is worth following.
 *
 * @internal
 */
export const causes = function*(error: unknown): Generator<Readonly<Record<string, unknown>>> {
  const seen = new Set<unknown>()
  let current: unknown = error
  while (typeof current === "object" && current !== null && !seen.has(current) && seen.size < 5) {
    seen.add(current)
    yield current as Readonly<Record<string, unknown>>
    current = (current as { readonly cause?: unknown }).cause
  }
}

const timeouts: ReadonlySet<unknown> = new Set([
  "TimeoutError",
  "TimeoutException",
  "AbortError",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT"
])

/**
 * Whether a failure of the transport is a time limit that was hit, by the names that platforms give it.
 *
 * @internal
 */
export const isTimeout = (error: unknown): boolean => {
  for (const { code, name } of causes(error)) {
    if (timeouts.has(code) || timeouts.has(name)) return true
  }
  return false
}
