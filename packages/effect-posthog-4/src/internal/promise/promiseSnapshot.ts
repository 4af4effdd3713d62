// Generated from packages/effect-posthog/src/internal/promise/promiseSnapshot.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import type { RemoteFlagsError } from "../../EvaluateFlags.ts"
import type { Any } from "../../Flag.ts"
import type { FlagSnapshot } from "../../FlagSnapshot.ts"
import type { PromiseSnapshot } from "../../PostHogPromise.ts"
import { isFlag } from "../flagKeys.ts"
import { annotated } from "../library.ts"
import type { Runner } from "./runner.ts"

// Once for each declaration of a flag, as for flags with a default.
const reported = new WeakSet<Any>()

const reportMisfit = (flag: Any) => (error: Error): Effect.Effect<void> => {
  if (reported.has(flag)) return Effect.void
  reported.add(flag)
  return annotated("PostHogPromise")(Effect.logWarning(`${error.message}; it reads as undefined`))
}

const silently = Logger.layer([])

/**
 * The snapshot for code outside Effect: values at once, exposures beside.
 *
 * @internal
 */
export const makePromiseSnapshot = (
  runner: Runner,
  snapshot: FlagSnapshot,
  error: RemoteFlagsError | undefined
): PromiseSnapshot => {
  const detail: PromiseSnapshot["detail"] = (flag) => Option.getOrUndefined(snapshot.detail(flag))
  // The caller of a read can do nothing about a defect in reporting the exposure.
  const beside = (read: Effect.Effect<unknown, Error>): void => {
    runner.queued(
      Effect.catchCause(read, (cause) =>
        Cause.hasInterruptsOnly(cause)
          ? Effect.void
          : annotated("PostHogPromise")(Effect.logError("A read of a flag was not reported", cause)))
    ).catch(() => {})
  }
  /** The value, if there is one and the flag declares it. */
  const valueOf = (flag: string | Any): unknown => {
    const value = detail(flag)?.value
    return !isFlag(flag) || value === undefined
      ? value
      : Option.getOrUndefined(Result.getSuccess(flag.decodeValue(value)))
  }
  const valueOrDefault = (flag: string | Any): unknown =>
    valueOf(flag) ?? (isFlag(flag) ? Option.getOrUndefined(flag.defaultValue) : undefined)
  // The warning of the child is logged by the client's logger, beside.
  const childOf = (child: Effect.Effect<FlagSnapshot>): PromiseSnapshot => {
    beside(child)
    return makePromiseSnapshot(runner, Effect.runSync(Effect.provide(child, silently)), error)
  }
  return {
    snapshot,
    distinctId: snapshot.distinctId,
    keys: snapshot.keys,
    requestId: Option.getOrUndefined(snapshot.requestId),
    errors: snapshot.errors,
    error,
    detail,
    getFlag: (key, options) => {
      beside(snapshot.getFlag(key, options))
      return detail(key)?.value
    },
    isEnabled: (flag, options) => {
      beside(snapshot.isEnabled(flag, options))
      const value = valueOf(flag) ?? options?.defaultValue ?? valueOrDefault(flag) ?? false
      return value !== false
    },
    getFlagPayload: (key) => Option.getOrUndefined(snapshot.getFlagPayload(key)),
    get: ((flag: Any, options) => {
      beside(Effect.catch(snapshot.get(flag, options), reportMisfit(flag)))
      return valueOrDefault(flag)
    }) as PromiseSnapshot["get"],
    payload: ((flag: Any) =>
      runner.run(
        snapshot.payload(flag).pipe(
          Effect.map((payload) =>
            isFlag(flag) && Option.isSome(flag.defaultPayload) ? payload : Option.getOrUndefined(payload as never)
          ),
          Effect.catch((misfit) => Effect.as(reportMisfit(flag)(misfit), undefined))
        )
      )) as PromiseSnapshot["payload"],
    match:
      ((flag: string | Any, handlers: { readonly on: (value: unknown) => unknown; readonly off: () => unknown }) => {
        beside(snapshot.isEnabled(flag))
        const value = valueOrDefault(flag)
        return value === undefined || value === false ? handlers.off() : handlers.on(value)
      }) as PromiseSnapshot["match"],
    only: (flags) => childOf(snapshot.only(flags)),
    onlyAccessed: () => makePromiseSnapshot(runner, Effect.runSync(snapshot.onlyAccessed), error),
    toBootstrap: snapshot.toBootstrap
  }
}
