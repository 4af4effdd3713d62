/**
 * Who the current request is about, for the fiber that serves it and the fibers it forks.
 *
 * @since 3.0.0
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type { HttpServerResponse } from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import { dual } from "effect/Function"
import * as Option from "effect/Option"
import { mergeProperties } from "./internal/properties.ts"
import { readTracingHeaders, requestContextRef } from "./internal/requestContext.ts"
import type { RequestContext } from "./internal/requestContext.ts"

export type {
  /**
   * What is known about the current request. Explicit arguments of a call always win over it.
   *
   * @since 3.0.0
   * @category models
   */
  RequestContext
}

/**
 * The context of the current fiber; `{}` outside of any.
 *
 * @since 3.0.0
 * @category getters
 */
export const current: Effect.Effect<RequestContext> = FiberRef.get(requestContextRef)

const merge = (outer: RequestContext, inner: RequestContext): RequestContext => ({
  distinctId: inner.distinctId ?? outer.distinctId,
  deviceId: inner.deviceId ?? outer.deviceId,
  sessionId: inner.sessionId ?? outer.sessionId,
  properties: outer.properties === undefined ? inner.properties : mergeProperties(outer.properties, inner.properties)
})

const with_: {
  (context: RequestContext): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, context: RequestContext): Effect.Effect<A, E, R>
} = dual(
  2,
  <A, E, R>(self: Effect.Effect<A, E, R>, context: RequestContext): Effect.Effect<A, E, R> =>
    Effect.locallyWith(self, requestContextRef, (outer) => merge(outer, context))
)

export {
  /**
   * Runs an effect with a request context. Fields that are left out are taken from the surrounding context, properties
   * are merged. Fibers forked inside inherit it; nothing outside sees it.
   *
   * @example
   * ```ts
   * import { Effect } from "effect"
   * import { RequestContext } from "effect-posthog"
   *
   * const program = RequestContext.current.pipe(RequestContext.with({ distinctId: "user-17" }))
   *
   * assert.strictEqual(Effect.runSync(program).distinctId, "user-17")
   * ```
   *
   * @since 3.0.0
   * @category combinators
   */
  with_ as with
}

/**
 * Runs an effect with this request context alone: nothing of the surrounding one is inherited. For a worker or a
 * background job that must not act for the request that started it.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { RequestContext } from "effect-posthog"
 *
 * const program = RequestContext.current.pipe(
 *   RequestContext.fresh({ distinctId: "user-17" }),
 *   RequestContext.with({ distinctId: "user-3", sessionId: "session-1" })
 * )
 *
 * assert.deepStrictEqual(Effect.runSync(program), { distinctId: "user-17" })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const fresh: {
  (context: RequestContext): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, context: RequestContext): Effect.Effect<A, E, R>
} = dual(
  2,
  <A, E, R>(self: Effect.Effect<A, E, R>, context: RequestContext): Effect.Effect<A, E, R> =>
    Effect.locally(self, requestContextRef, context)
)

/**
 * What a server's request contributes to the context beside the tracing headers.
 *
 * @since 3.0.0
 * @category configuration
 */
export interface MiddlewareOptions {
  /**
   * Put `$current_url`, `$request_method`, `$request_path`, `$user_agent` and `$ip` on the events and exposures of the
   * request. They tell about the visitor, so somebody has to want them. Default: `false`.
   */
  readonly metadata?: boolean | undefined
}

const metadataOf = (request: HttpServerRequest.HttpServerRequest): Readonly<Record<string, unknown>> => {
  const url = Option.getOrUndefined(HttpServerRequest.toURL(request))
  const address = Option.getOrUndefined(request.remoteAddress)
  const userAgent = request.headers["user-agent"]
  return {
    $request_method: request.method,
    ...(url === undefined ? {} : { $current_url: url.href, $request_path: url.pathname }),
    ...(userAgent === undefined ? {} : { $user_agent: userAgent }),
    ...(address === undefined ? {} : { $ip: address })
  }
}

/**
 * {@link middleware} with options.
 *
 * @since 3.0.0
 * @category combinators
 */
export const middlewareWith = (options: MiddlewareOptions) =>
<E, R>(
  app: Effect.Effect<HttpServerResponse, E, R>
): Effect.Effect<HttpServerResponse, E, R | HttpServerRequest.HttpServerRequest> =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
    const { distinctId, sessionId } = readTracingHeaders(request.headers)
    const properties = options.metadata === true ? metadataOf(request) : undefined
    return with_(app, { distinctId, sessionId, properties })
  })

/**
 * Fills the request context of an `@effect/platform` HTTP server from PostHog's tracing headers,
 * `X-POSTHOG-DISTINCT-ID` and `X-POSTHOG-SESSION-ID`. Control characters are removed, blanks trimmed, values cut to
 * 1,000 characters; an empty value counts as absent. The headers come from outside: never use them to decide what
 * somebody may do.
 *
 * @example
 * ```ts
 * import { HttpRouter, HttpServerResponse } from "@effect/platform"
 * import { Effect } from "effect"
 * import { RequestContext } from "effect-posthog"
 *
 * const router = HttpRouter.empty.pipe(
 *   HttpRouter.get("/", Effect.flatMap(RequestContext.current, ({ distinctId }) => HttpServerResponse.json({ distinctId }))),
 *   HttpRouter.use(RequestContext.middleware)
 * )
 *
 * assert.strictEqual(Effect.isEffect(router), true)
 * ```
 *
 * @since 3.0.0
 * @category combinators
 */
export const middleware: <E, R>(
  app: Effect.Effect<HttpServerResponse, E, R>
) => Effect.Effect<HttpServerResponse, E, R | HttpServerRequest.HttpServerRequest> = middlewareWith({})
