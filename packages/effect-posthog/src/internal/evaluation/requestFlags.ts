import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as FiberRef from "effect/FiberRef"
import { globalValue } from "effect/GlobalValue"
import * as Option from "effect/Option"
import type { RemoteFlagsError } from "../../EvaluateFlags.ts"
import type { FlagSnapshot } from "../../FlagSnapshot.ts"
import { joinedProperties } from "../flagProperties.ts"
import type { RequestContext } from "../requestContext.ts"
import type { ResolvedRequest } from "./request.ts"
import { accessedProperties } from "./snapshot.ts"

type Outcome = Exit.Exit<FlagSnapshot, RemoteFlagsError>

/**
 * What a read asks for, before its subject is worked out.
 *
 * @internal
 */
export interface Asked {
  readonly context: RequestContext
  readonly flagKeys: ReadonlyArray<string> | undefined
}

interface Known extends Asked {
  readonly outcome: Outcome
}

/**
 * The flags of one request: each subject is evaluated once, whether that succeeds or fails. Readers that come while an
 * evaluation is under way wait for it.
 *
 * @internal
 */
export class RequestMemo {
  /** The keys that the scope evaluates; absent: all. */
  readonly flagKeys: ReadonlyArray<string> | undefined
  readonly onlyEvaluateLocally: boolean | undefined
  readonly attachesToEvents: boolean
  private readonly outcomes = new Map<string, Deferred.Deferred<Outcome>>()
  private newest: Known | undefined
  /** What was evaluated, those for which the server did not answer included, by person. */
  private readonly snapshots = new Map<string, ReadonlyArray<FlagSnapshot>>()
  private latest: FlagSnapshot | undefined
  private warned = false

  constructor(
    flagKeys: ReadonlyArray<string> | undefined,
    onlyEvaluateLocally: boolean | undefined,
    attachesToEvents: boolean
  ) {
    this.flagKeys = flagKeys
    this.onlyEvaluateLocally = onlyEvaluateLocally
    this.attachesToEvents = attachesToEvents
  }

  /** Whether the scope's evaluation has all of these keys. */
  covers(keys: ReadonlyArray<string>): boolean {
    const { flagKeys } = this
    return flagKeys === undefined || keys.every((key) => flagKeys.includes(key))
  }

  /** `true` the first time. */
  warnsNow(): boolean {
    const isFirst = !this.warned
    this.warned = true
    return isFirst
  }

  /** What the evaluation in this very context gave, if it was the last one: most requests have one context. */
  known({ context, flagKeys }: Asked): Outcome | undefined {
    const { newest } = this
    return newest !== undefined && newest.context === context && newest.flagKeys === flagKeys
      ? newest.outcome
      : undefined
  }

  evaluate<R>(
    asked: Asked,
    request: ResolvedRequest,
    evaluation: Effect.Effect<FlagSnapshot, RemoteFlagsError, R>
  ): Effect.Effect<FlagSnapshot, RemoteFlagsError, R> {
    const key = keyOf(request)
    // Interruptible where it waits alone: a reader that was interrupted between its entry and what ends it would let the
    // others wait for ever.
    return Effect.uninterruptibleMask((restore) =>
      Effect.suspend(() => {
        const running = this.outcomes.get(key)
        if (running === undefined) return this.lead(key, restore(evaluation))
        return Effect.flatMap(restore(Deferred.await(running)), (outcome) => {
          // The reader that led was interrupted before it had the answer, so another reader leads.
          if (Exit.isInterrupted(outcome)) return restore(this.evaluate(asked, request, evaluation))
          this.newest = { ...asked, outcome }
          return outcome
        })
      })
    )
  }

  /** What events of this person that name no snapshot carry: the flags that were read. */
  attached(distinctId: string | undefined): Readonly<Record<string, unknown>> | undefined {
    const { latest } = this
    if (!this.attachesToEvents || latest === undefined) return undefined
    const [first, ...others] = this.snapshots.get(distinctId ?? latest.distinctId) ?? []
    if (first === undefined) return undefined
    return others.length === 0
      ? accessedProperties(first)
      : joinedProperties([first, ...others].map(accessedProperties))
  }

  private remember(snapshot: FlagSnapshot): void {
    const { distinctId } = snapshot
    this.latest = snapshot
    this.snapshots.set(distinctId, [...this.snapshots.get(distinctId) ?? [], snapshot])
  }

  private lead<R>(
    key: string,
    evaluation: Effect.Effect<FlagSnapshot, RemoteFlagsError, R>
  ): Effect.Effect<FlagSnapshot, RemoteFlagsError, R> {
    const outcome = Deferred.unsafeMake<Outcome>(FiberId.none)
    this.outcomes.set(key, outcome)
    return Effect.onExit(evaluation, (exit) =>
      Effect.suspend(() => {
        if (Exit.isInterrupted(exit)) this.outcomes.delete(key)
        else if (Exit.isSuccess(exit)) this.remember(exit.value)
        else {
          const failure = Cause.failureOption(exit.cause)
          if (Option.isSome(failure)) this.remember(failure.value.snapshot)
        }
        return Deferred.succeed(outcome, exit)
      }))
  }
}

const ordered = (record: Readonly<Record<string, unknown>> | undefined): unknown =>
  record === undefined ? null : Object.keys(record).sort().map((key) => [key, record[key]])

// The whole subject, since any part of it may decide. What JSON cannot carry is told apart by identity at worst: then
// the request is evaluated once more.
const keyOf = (request: ResolvedRequest): string => {
  const { deviceId, disableGeoip, distinctId, flagKeys, groupProperties, groups, personProperties } = request
  try {
    return JSON.stringify([
      distinctId,
      deviceId ?? null,
      ordered(groups),
      ordered(personProperties),
      ordered(groupProperties),
      flagKeys ?? null,
      disableGeoip ?? null
    ])
  } catch {
    return `${distinctId} ${nextUnique++}`
  }
}

let nextUnique = 0

/** @internal */
export const requestFlagsRef: FiberRef.FiberRef<RequestMemo | undefined> = globalValue(
  "effect-posthog/RequestFlags",
  () => FiberRef.unsafeMake<RequestMemo | undefined>(undefined, { join: (parent) => parent })
)

/**
 * The flags that an event carries because its request attaches those it read.
 *
 * @internal
 */
export const attachedFlags = (
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  distinctId: string | undefined
): Readonly<Record<string, unknown>> | undefined => fiber.getFiberRef(requestFlagsRef)?.attached(distinctId)
