/**
 * Whom the current request is about, for the fiber that serves it and the fibers it forks: identity and properties that
 * evaluations and events use unless they are given their own.
 *
 * @since 3.0.0
 */
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import type { HttpServerResponse } from "@effect/platform/HttpServerResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import { dual } from "effect/Function"
import * as Option from "effect/Option"
import {
  distinctIdHeader,
  mergeContexts,
  readPostHogCookie,
  readTracingHeaders,
  requestContextRef,
  sessionIdHeader
} from "./internal/requestContext.ts"
import type { RequestContext } from "./internal/requestContext.ts"

export type {
  /**
   * What is known about the current request: whom its evaluations are for, and what its events say. Explicit arguments
   * of a call win over it, field by field.
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

type Within = {
  (context: RequestContext): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, context: RequestContext): Effect.Effect<A, E, R>
}

const with_: Within = dual(
  2,
  <A, E, R>(self: Effect.Effect<A, E, R>, context: RequestContext): Effect.Effect<A, E, R> =>
    Effect.locallyWith(self, requestContextRef, (outer) => mergeContexts(outer, context))
)

export {
  /**
   * Runs an effect with a request context, merged into the surrounding one.
   *
   * **When to use**
   *
   * Wherever one effect serves one request: a handler, an iteration of a worker's loop, a job.
   *
   * **Details**
   *
   * Fields that are left out come from the surrounding context, properties are merged. Nobody inherits another person's
   * attributes: with another `distinctId`, the surrounding `personProperties` and `deviceId` are left behind. Fibers
   * forked inside inherit the context; nothing outside sees it.
   *
   * **Example**
   *
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
 * Runs an effect with this request context alone: nothing comes from the surrounding one.
 *
 * **When to use**
 *
 * For work that a request starts but that is not about its person, such as a job for another person.
 *
 * @since 3.0.0
 * @category combinators
 */
export const fresh: Within = dual(
  2,
  <A, E, R>(self: Effect.Effect<A, E, R>, context: RequestContext): Effect.Effect<A, E, R> =>
    Effect.locallyWith(self, requestContextRef, () => mergeContexts({}, context))
)

/**
 * Merges into the context of the current fiber, for the rest of it.
 *
 * **When to use**
 *
 * Where an effect runs before the handler and cannot wrap it, such as the security middleware of an `HttpApi`: once it
 * knows who asks, it says so here. Everywhere else, use `RequestContext.with`.
 *
 * **Details**
 *
 * It merges as `RequestContext.with` does. It is for the request's own fiber: what a fork sets stays in the fork, so a `set`
 * inside `Effect.forEach` with concurrency, `Effect.timeout` or a race does not reach the fiber outside.
 *
 * **Example**
 *
 * ```ts
 * import { Effect } from "effect"
 * import { RequestContext } from "effect-posthog"
 *
 * const program = RequestContext.set({ distinctId: "user-17" }).pipe(Effect.zipRight(RequestContext.current))
 *
 * assert.strictEqual(Effect.runSync(program).distinctId, "user-17")
 * ```
 *
 * @since 3.0.0
 * @category combinators
 */
export const set = (context: RequestContext): Effect.Effect<void> =>
  FiberRef.update(requestContextRef, (outer) => mergeContexts(outer, context))

/**
 * The identity and session in PostHog's tracing headers, `X-POSTHOG-DISTINCT-ID` and `X-POSTHOG-SESSION-ID`.
 *
 * **Details**
 *
 * Takes the header records of Node and of Effect, and the web's `Headers`. Control characters are removed, blanks
 * trimmed, values cut to 1,000 characters; an empty value counts as absent, and so does a header that was sent twice. The
 * headers come from outside: never use them for authorization.
 *
 * **Example**
 *
 * ```ts
 * import { RequestContext } from "effect-posthog"
 *
 * const context = RequestContext.fromHeaders(new Headers({ "X-POSTHOG-DISTINCT-ID": "user-17" }))
 *
 * assert.strictEqual(context.distinctId, "user-17")
 * ```
 *
 * @since 3.0.0
 * @category constructors
 */
export const fromHeaders = (
  headers:
    | Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
    | { readonly get: (name: string) => string | null }
): RequestContext => readTracingHeaders(headers)

/**
 * The identity, device and session in the cookie that posthog-js keeps for a project.
 *
 * **Details**
 *
 * `cookies` are decoded cookies by name, `projectKey` is the project's API key. Values are cleaned as in
 * {@link fromHeaders}; a cookie that cannot be read gives `{}`. Cookies come from outside: never use them for
 * authorization.
 *
 * **Example**
 *
 * ```ts
 * import { RequestContext } from "effect-posthog"
 *
 * const cookies = { ph_phc_shop_posthog: `{"distinct_id":"user-17","$device_id":"device-3"}` }
 *
 * assert.strictEqual(RequestContext.fromCookies(cookies, "phc_shop").distinctId, "user-17")
 * ```
 *
 * @since 3.0.0
 * @category constructors
 */
export const fromCookies = (
  cookies: Readonly<Record<string, string | undefined>>,
  projectKey: string
): RequestContext => readPostHogCookie(cookies, projectKey)

/**
 * What a server's request contributes to the context beside the tracing headers.
 *
 * @since 3.0.0
 * @category configuration
 */
export interface MiddlewareOptions {
  /**
   * Put `$current_url`, `$request_method`, `$request_path`, `$user_agent` and `$ip` on the events and exposures of the
   * request. They describe the visitor, so this is off by default.
   */
  readonly metadata?: boolean | undefined
  /**
   * The project's API key: take the identity from posthog-js's cookie where the headers have none. Default: cookies are
   * not read.
   */
  readonly cookieOf?: string | undefined
}

// The platform's own tag, by its key: its module loads the whole HTTP server, which many programs do not have.
const serverRequest = Context.GenericTag<HttpServerRequest>("@effect/platform/HttpServerRequest")

// A request for `//elsewhere.example/` names a path of this server, not another host.
const urlOf = (request: HttpServerRequest): URL | undefined => {
  const protocol = request.headers["x-forwarded-proto"] === "https" ? "https" : "http"
  const path = request.originalUrl.startsWith("/") ? request.originalUrl : `/${request.originalUrl}`
  const text = `${protocol}://${request.headers["host"] ?? "localhost"}${path}`
  return URL.canParse(text) ? new URL(text) : undefined
}

const metadataOf = (request: HttpServerRequest): Readonly<Record<string, unknown>> => {
  const url = urlOf(request)
  const address = Option.getOrUndefined(request.remoteAddress)
  const userAgent = request.headers["user-agent"]
  return {
    $request_method: request.method,
    ...(url === undefined ? {} : { $current_url: url.href, $request_path: url.pathname }),
    ...(userAgent === undefined ? {} : { $user_agent: userAgent }),
    ...(address === undefined ? {} : { $ip: address })
  }
}

const identityOf = (request: HttpServerRequest, cookieOf: string | undefined): RequestContext => {
  const announced = readTracingHeaders(request.headers)
  if (cookieOf === undefined) return announced
  const stored = readPostHogCookie(request.cookies, cookieOf)
  const isSamePerson = announced.distinctId === undefined || announced.distinctId === stored.distinctId
  return {
    distinctId: announced.distinctId ?? stored.distinctId,
    sessionId: announced.sessionId ?? stored.sessionId,
    deviceId: isSamePerson ? stored.deviceId : undefined
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
): Effect.Effect<HttpServerResponse, E, R | HttpServerRequest> =>
  Effect.flatMap(serverRequest, (request) =>
    with_(app, {
      ...identityOf(request, options.cookieOf),
      properties: options.metadata === true ? metadataOf(request) : undefined
    }))

/**
 * Fills the request context of an `@effect/platform` HTTP server from PostHog's tracing headers, as {@link fromHeaders}
 * reads them.
 *
 * **Example**
 *
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
) => Effect.Effect<HttpServerResponse, E, R | HttpServerRequest> = middlewareWith({})

/**
 * Fills the request context of an RPC server's calls from the tracing headers of each call.
 *
 * **When to use**
 *
 * As the implementation of an `RpcMiddleware.Tag` with `wrap: true`. It needs nothing of `@effect/rpc`: it is typed by
 * what it uses.
 *
 * @since 3.0.0
 * @category combinators
 */
export const rpc = <A, E, R>(call: {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly next: Effect.Effect<A, E, R>
}): Effect.Effect<A, E, R> => with_(call.next, readTracingHeaders(call.headers))

// Anything beyond Latin-1, and a control character, makes a client fail the whole request.
const isSendable = (value: string | undefined): value is string =>
  value !== undefined && /^[\t\u0020-\u007e\u0080-\u00ff]+$/.test(value)

const tracingHeadersOf = ({ distinctId, sessionId }: RequestContext): Record<string, string> => ({
  ...(isSendable(distinctId) ? { [distinctIdHeader]: distinctId } : {}),
  ...(isSendable(sessionId) ? { [sessionIdHeader]: sessionId } : {})
})

const withTracingHeaders = (headers: Headers.Headers, context: RequestContext): Headers.Headers =>
  Headers.setAll(
    Headers.remove(Headers.remove(headers, distinctIdHeader), sessionIdHeader),
    tracingHeadersOf(context)
  )

/**
 * Adds the tracing headers of the calling fiber's context to the calls of an RPC client.
 *
 * **When to use**
 *
 * As the service that `RpcMiddleware.layerClient` takes.
 *
 * @since 3.0.0
 * @category combinators
 */
export const rpcClient = <Request extends { readonly headers: Headers.Headers }>(call: {
  readonly request: Request
}): Effect.Effect<Request> =>
  Effect.map(current, (context) => ({
    ...call.request,
    headers: withTracingHeaders(call.request.headers, context)
  }))

const hostOf = (url: string): string | undefined => URL.canParse(url) ? new URL(url).hostname : undefined

/**
 * Passes the identity and session of the current context on to other services, in PostHog's tracing headers.
 *
 * **Details**
 *
 * Only requests to the given hosts get the headers; names are compared whole, without ports. The headers of a request
 * that has some already are replaced. A header value that HTTP does not allow is left out.
 *
 * **Example**
 *
 * ```ts
 * import { FetchHttpClient, HttpClient } from "@effect/platform"
 * import { Effect } from "effect"
 * import { RequestContext } from "effect-posthog"
 *
 * const client = HttpClient.HttpClient.pipe(
 *   Effect.map(RequestContext.propagate(["billing.internal"])),
 *   Effect.provide(FetchHttpClient.layer)
 * )
 *
 * assert.strictEqual(Effect.isEffect(client), true)
 * ```
 *
 * @since 3.0.0
 * @category combinators
 */
export const propagate: {
  (hosts: ReadonlyArray<string>): <E, R>(client: HttpClient.HttpClient.With<E, R>) => HttpClient.HttpClient.With<E, R>
  <E, R>(client: HttpClient.HttpClient.With<E, R>, hosts: ReadonlyArray<string>): HttpClient.HttpClient.With<E, R>
} = dual(
  2,
  <E, R>(
    client: HttpClient.HttpClient.With<E, R>,
    hosts: ReadonlyArray<string>
  ): HttpClient.HttpClient.With<E, R> => {
    const allowed = new Set(hosts.map((host) => host.toLowerCase()))
    return HttpClient.mapRequestEffect(client, (request) => {
      const host = hostOf(request.url)
      return host === undefined || !allowed.has(host)
        ? Effect.succeed(request)
        : Effect.map(current, (context) => withHeaders(request, withTracingHeaders(request.headers, context)))
    })
  }
)

// The module of requests adds headers but removes none.
const withHeaders = (
  request: HttpClientRequest.HttpClientRequest,
  headers: Headers.Headers
): HttpClientRequest.HttpClientRequest =>
  Object.assign(Object.create(Object.getPrototypeOf(request)), request, { headers })
