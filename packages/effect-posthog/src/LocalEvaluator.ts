/**
 * Local evaluation over the definitions that are loaded.
 *
 * @since 3.0.0
 */
import type { CompileOptions, EvaluationContext } from "@effect-posthog/evaluator"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { DefinitionsError } from "./Definitions.ts"
import type { DefinitionsChange, DefinitionsStatus } from "./Definitions.ts"
import { DefinitionsSource, staticDefinitions } from "./DefinitionsSource.ts"
import type { LoaderOptions } from "./internal/definitions/loader.ts"
import { emptyEvaluation } from "./LocalEvaluation.ts"
import type { LocalEvaluation } from "./LocalEvaluation.ts"
import { PostHogConfig } from "./PostHogConfig.ts"

/** @internal */
export const makeLocalEvaluator: Effect.Effect<
  typeof LocalEvaluator.Service,
  never,
  PostHogConfig | DefinitionsSource | Scope.Scope
> = Effect.gen(function*() {
  const { definitions, enabled, flags, runtime } = yield* PostHogConfig
  const source = yield* DefinitionsSource
  if (!enabled || source.name === "none") return makeNoop(runtime === "worker")
  return yield* makeLoader({
    source,
    pollInterval: definitions.pollInterval,
    callerWaits: runtime === "worker" ? flags.requestTimeout : undefined,
    regexEngine: definitions.regexEngine,
    timeZone: definitions.timeZone,
    evaluationContexts: flags.evaluationContexts
  })
})

/**
 * The compiled definitions and everything there is to know about them.
 *
 * @since 3.0.0
 * @category tags
 */
export class LocalEvaluator extends Context.Tag("effect-posthog/LocalEvaluator")<LocalEvaluator, {
  /**
   * Evaluates all flags, or the given keys, with the definitions that are loaded at this moment. Synchronous, total, and
   * without input or output.
   */
  readonly evaluate: (context: EvaluationContext, keys?: ReadonlyArray<string> | undefined) => LocalEvaluation
  /**
   * Remembers, until the next successful refresh, that the server does not know these keys. Keys that have a definition
   * are passed over; so is everything while no definitions are loaded, and when a refresh has come since the evaluation
   * that left the keys open, if that is given. At most 10,000 keys are remembered.
   */
  readonly noteAbsent: (
    keys: ReadonlyArray<string>,
    evaluation?: Pick<LocalEvaluation, "loadedAt">
  ) => Effect.Effect<void>
  /**
   * Resolves when definitions, empty or an old copy included, have been loaded once, and stays resolved. It waits without
   * a limit: see `LocalEvaluator.readyWithin`. When local evaluation is off it resolves at once; when the layer closes
   * first, waiting fibers are interrupted.
   */
  readonly ready: Effect.Effect<void>
  /**
   * Loads the definitions now, even while the server has asked to be left alone, and moves the next poll. Joins a load
   * that is under way, unless its answer has arrived already: then it follows with another. Interrupting it does not end
   * the load. When local evaluation is off it does nothing.
   */
  readonly reload: Effect.Effect<void, DefinitionsError>
  /**
   * Present where nothing runs between requests, with `runtime: "worker"`: loads the definitions if that is due, in the
   * fiber of the caller, and waits for `flags.requestTimeout` at most. `evaluateFlags` runs it before it evaluates. While
   * another caller loads, it returns at once, and evaluation goes on with the definitions there are.
   */
  readonly refreshIfDue?: Effect.Effect<void> | undefined
  readonly status: Effect.Effect<DefinitionsStatus>
  /**
   * Every change of the definitions from the moment of subscription, until the layer is closed. A subscriber that is
   * more than 256 changes behind loses the oldest.
   */
  readonly changes: Stream.Stream<DefinitionsChange>
}>() {
  /**
   * Loads definitions from the source as soon as the layer is built, in the background, and again every
   * `definitions.pollInterval`. Off, like `layerNoop`, when the client is disabled or its source has nothing to ask with.
   * With `runtime: "worker"` nothing runs in the background: the evaluation that finds the definitions due loads them.
   *
   * What each answer of the server leads to:
   *
   * - 200: the definitions are replaced as a whole; an answer that is no definitions document changes nothing
   * - 304: the definitions stay and count as refreshed
   * - 401, 403, 429: the definitions stay, and polling slows down up to a minute (never below the interval)
   * - 402: there are no definitions any more, until the quota allows
   * - anything else, no answer included: the definitions stay, polling goes on
   *
   * @since 3.0.0
   * @category layers
   */
  static readonly layer: Layer.Layer<LocalEvaluator, never, PostHogConfig | DefinitionsSource> = Layer.scoped(
    LocalEvaluator,
    makeLocalEvaluator
  )

  /**
   * One document that never changes, installed when the layer is built: for tests, and for programs that evaluate
   * without PostHog. Fails when the document is none.
   *
   * @since 3.0.0
   * @category layers
   * @example
   * ```ts
   * import { Effect } from "effect"
   * import { LocalEvaluator } from "effect-posthog"
   *
   * const everyone = { groups: [{ properties: [], rollout_percentage: 100 }] }
   * const document = { flags: [{ key: "new-editor", active: true, filters: everyone }] }
   *
   * const program = Effect.gen(function*() {
   *   const { evaluate } = yield* LocalEvaluator
   *   const { needsRemote, records } = evaluate({ distinctId: "user-1" })
   *   assert.strictEqual(needsRemote, false)
   *   assert.deepStrictEqual([...records.keys()], ["new-editor"])
   * })
   *
   * Effect.runPromise(Effect.provide(program, LocalEvaluator.layerStatic(document)))
   * ```
   */
  static readonly layerStatic = (
    document: unknown,
    options: CompileOptions = {}
  ): Layer.Layer<LocalEvaluator, DefinitionsError> =>
    Layer.scoped(
      LocalEvaluator,
      Effect.tap(
        makeLoader({ ...options, source: staticDefinitions(document), pollInterval: undefined }),
        ({ reload }) => reload
      )
    )

  /**
   * No local evaluation: everything is left to the server. `ready` resolves at once and `reload` does nothing, so that
   * an application starts the same way with and without a secret key; `status` says `source: "none"`.
   *
   * @since 3.0.0
   * @category layers
   */
  static readonly layerNoop: Layer.Layer<LocalEvaluator> = Layer.sync(LocalEvaluator, () => makeNoop(false))

  /**
   * Waits for definitions, but not longer than the given time; then it fails with the reason of the last failed load, or
   * with `Timeout` when none has ended.
   *
   * @since 3.0.0
   * @category combinators
   */
  static readonly readyWithin = (
    duration: Duration.DurationInput
  ): Effect.Effect<void, DefinitionsError, LocalEvaluator> =>
    Effect.flatMap(
      LocalEvaluator,
      ({ ready, status }) =>
        Effect.timeoutTo(ready, { duration, onSuccess: () => Effect.void, onTimeout: () => notReady(duration, status) })
          .pipe(Effect.flatten)
    )
}

const notReady = (duration: Duration.DurationInput, status: Effect.Effect<DefinitionsStatus>) =>
  Effect.flatMap(status, ({ lastFailure }) =>
    Effect.fail(
      new DefinitionsError({
        reason: lastFailure?.reason ?? "Timeout",
        httpStatus: lastFailure?.httpStatus,
        problem: `none were loaded within ${Duration.format(Duration.decode(duration))}`
      })
    ))

// Evaluation and all that belongs to it is more than half of the library, so programs without it need not load it.
const makeLoader = (options: LoaderOptions) =>
  Effect.flatMap(
    Effect.promise(() => import("./internal/definitions/loader.ts")),
    (loader) => loader.makeLoader(options)
  )

// One for each client: what a client was warned of is known by its evaluator.
const makeNoop = (byCallers: boolean): Context.Tag.Service<LocalEvaluator> => ({
  evaluate: (_, keys) => emptyEvaluation(keys),
  noteAbsent: () => Effect.void,
  ready: Effect.void,
  reload: Effect.void,
  status: Effect.succeed({ source: "none", flags: 0, neverLocal: 0, stale: false, absentKeys: 0, failures: 0 }),
  changes: Stream.empty,
  ...(byCallers ? { refreshIfDue: Effect.void } : {})
})

/**
 * The optional refresh of an evaluator. A `Layer.mock` of the service has, for each member that it does not implement, a
 * function that dies as an effect; the refresh itself is never a function.
 *
 * @internal
 */
export const refreshOf = ({ refreshIfDue }: Context.Tag.Service<LocalEvaluator>): Effect.Effect<void> | undefined =>
  typeof refreshIfDue === "object" ? refreshIfDue : undefined
