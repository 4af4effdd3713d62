// Generated from packages/effect-posthog/src/RequestFlags.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * The flags of a request: one evaluation, however often and from however many fibers they are read.
 *
 * @since 3.0.0
 */
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as Effect from "effect/Effect"
import type { Decider } from "./Decider.ts"
import type { DedupCache } from "./DedupCache.ts"
import { evaluateFlags, evaluateResolved } from "./EvaluateFlags.ts"
import type { RemoteFlagsError } from "./EvaluateFlags.ts"
import type { EventQueue } from "./EventQueue.ts"
import { keys as keysOfFlags } from "./Flag.ts"
import type { FlagKeys, Registry } from "./Flag.ts"
import type { FlagSnapshot, TypedSnapshot } from "./FlagSnapshot.ts"
import { resolveRequest } from "./internal/evaluation/request.ts"
import { requestFlagsRef, RequestMemo } from "./internal/evaluation/requestFlags.ts"
import { viewBy } from "./internal/evaluation/snapshot.ts"
import { annotated } from "./internal/library.ts"
import { quote } from "./internal/quote.ts"
import { requestContextRef } from "./internal/requestContext.ts"
import type { LocalEvaluator } from "./LocalEvaluator.ts"

type Services = Decider | LocalEvaluator | EventQueue | DedupCache

/**
 * What a request's flags are.
 *
 * @since 3.0.0
 * @category configuration
 */
export interface Options {
  /** Evaluate these flags alone. Default: all. */
  readonly flags?: FlagKeys | Registry | undefined
  /** Attach the flags that the request read to its events that name no snapshot. Default: `false`. */
  readonly attachToEvents?: boolean | undefined
  /** Never ask the server. Default: the configured one. */
  readonly onlyEvaluateLocally?: boolean | undefined
}

const memoOf = ({ attachToEvents, flags, onlyEvaluateLocally }: Options): RequestMemo =>
  new RequestMemo(
    flags === undefined || flags === null ? undefined : keysOfFlags(flags),
    onlyEvaluateLocally,
    attachToEvents === true
  )

const open = <A, E, R>(self: Effect.Effect<A, E, R>, options: Options): Effect.Effect<A, E, R> =>
  Effect.suspend(() => Effect.provideService(self, requestFlagsRef, memoOf(options)))

/**
 * {@link scoped} with options.
 *
 * @since 3.0.0
 * @category combinators
 */
export const scopedWith = (options: Options) => <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  open(self, options)

/**
 * Opens a scope in which flags are evaluated once.
 *
 * **When to use**
 *
 * For one iteration of a worker's loop, a job or an RPC call; HTTP servers use {@link middleware}.
 *
 * @since 3.0.0
 * @category combinators
 */
export const scoped = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => open(self, {})

/**
 * {@link middleware} with options.
 *
 * @since 3.0.0
 * @category combinators
 */
export const middlewareWith =
  (options: Options) => <E, R>(app: Effect.Effect<HttpServerResponse, E, R>): Effect.Effect<HttpServerResponse, E, R> =>
    open(app, options)

/**
 * Opens the scope of each request of an HTTP server of Effect.
 *
 * **Details**
 *
 * Nothing is evaluated before the first read. Put it inside `RequestContext.middleware`, or set the identity before the
 * first read: a request whose subject changes, as after a login, is evaluated anew for the new subject.
 *
 * @since 3.0.0
 * @category combinators
 */
export const middleware: <E, R>(
  app: Effect.Effect<HttpServerResponse, E, R>
) => Effect.Effect<HttpServerResponse, E, R> = middlewareWith({})

const evaluateIn = (
  memo: RequestMemo,
  flagKeys: ReadonlyArray<string> | undefined
): Effect.Effect<FlagSnapshot, RemoteFlagsError, Services> =>
  Effect.withFiber((fiber) => {
    const context = fiber.getRef(requestContextRef)
    const asked = { context, flagKeys }
    const known = memo.known(asked)
    if (known !== undefined) return known
    const request = resolveRequest({ flagKeys, onlyEvaluateLocally: memo.onlyEvaluateLocally }, context)
    return memo.evaluate(asked, request, evaluateResolved(request, undefined))
  })

/**
 * The snapshot of the current request, for the identity and properties of its `RequestContext`.
 *
 * **Details**
 *
 * The first read evaluates; later reads of the same subject get the same snapshot, and reads at the same time share one
 * evaluation. A failure is remembered as well, so that five reads in an outage wait for one timeout; an interruption is
 * not. Outside a request it is a plain `evaluateFlags`.
 *
 * **Example**
 *
 * ```ts
 * import { Effect } from "effect"
 * import { PostHog, RequestContext, RequestFlags } from "effect-posthog"
 *
 * const program = Effect.all([RequestFlags.get, RequestFlags.get]).pipe(
 *   RequestFlags.scoped,
 *   RequestContext.with({ distinctId: "user-17" }),
 *   Effect.provide(PostHog.layerDisabled)
 * )
 *
 * const [first, second] = await Effect.runPromise(program)
 * assert.strictEqual(first, second)
 * ```
 *
 * @since 3.0.0
 * @category getters
 */
export const get: Effect.Effect<FlagSnapshot, RemoteFlagsError, Services> = Effect.withFiber((fiber) => {
  const memo = fiber.getRef(requestFlagsRef)
  return memo === undefined ? evaluateFlags() : evaluateIn(memo, memo.flagKeys)
})

const warnOfKeys = (memo: RequestMemo, keys: ReadonlyArray<string>): Effect.Effect<void> => {
  if (!memo.warnsNow()) return Effect.void
  const outside = keys.filter((key) => memo.flagKeys?.includes(key) !== true).map(quote).join(", ")
  return annotated("RequestFlags")(Effect.logWarning(
    `This request evaluates the flags given to RequestFlags.middlewareWith alone, without ${outside}: ` +
      "they are evaluated by themselves"
  ))
}

/**
 * {@link get}, read by the names of a registry: `yield* flags.flags.newCheckout`.
 *
 * **Details**
 *
 * It is a view of the request's one evaluation. A registry with flags that the scope does not evaluate is evaluated by
 * itself, after one warning; outside a request it is `evaluateFlags({ flags: registry })`.
 *
 * @since 3.0.0
 * @category getters
 */
export const of = <const R extends Registry>(
  registry: R
): Effect.Effect<TypedSnapshot<R>, RemoteFlagsError<TypedSnapshot<R>>, Services> =>
  Effect.withFiber((fiber) => {
    const memo = fiber.getRef(requestFlagsRef)
    if (memo === undefined) return evaluateFlags({ flags: registry })
    const keys = keysOfFlags(registry)
    const evaluated = memo.covers(keys)
      ? evaluateIn(memo, memo.flagKeys)
      : Effect.andThen(warnOfKeys(memo, keys), evaluateIn(memo, keys))
    return Effect.mapBoth(evaluated, {
      onFailure: (error) => error.withSnapshot(viewBy(error.snapshot, registry)),
      onSuccess: (snapshot) => viewBy(snapshot, registry)
    })
  })
