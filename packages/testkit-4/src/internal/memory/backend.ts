// Generated from packages/testkit/src/internal/memory/backend.ts by packages/tools/editions.mjs: change that file, not this one.
import type {
  DecideRequest,
  DecideResponse,
  EventCounts,
  EventDraft,
  OfferResult,
  PostHogEvent,
  RejectReason
} from "effect-posthog"
import { DeciderError, type RemoteFailureReason } from "effect-posthog"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import type { FlagsBody } from "../../Recording.ts"
import type { DecidedFlag } from "../project/decidedFlag.ts"
import { decideFlags } from "../project/decideFlags.ts"
import type { InitialState, ProjectState } from "../project/project.ts"
import { initialState } from "../project/project.ts"

/**
 * How the next remote evaluation goes wrong.
 *
 * @internal
 */
export type RemoteTrouble =
  | { readonly _tag: "Failure"; readonly reason: RemoteFailureReason; readonly status?: number | undefined }
  | { readonly _tag: "QuotaLimited" }
  | { readonly _tag: "ComputationErrors"; readonly failed: ReadonlyArray<string> }

/**
 * PostHog, reduced to what a program notices of it: it decides flags, takes events, and remembers both.
 *
 * @internal
 */
export class Backend extends Context.Service<Backend, {
  readonly state: Ref.Ref<ProjectState>
  readonly decide: (
    request: DecideRequest,
    evaluationContexts: ReadonlyArray<string>
  ) => Effect.Effect<DecideResponse, DeciderError>
  readonly take: (events: ReadonlyArray<PostHogEvent>) => Effect.Effect<void>
  /** Offers to the queue, unless the test wants this one rejected; remembers the answer. */
  readonly offer: (
    draft: EventDraft,
    offer: (draft: EventDraft) => Effect.Effect<OfferResult>
  ) => Effect.Effect<OfferResult>
  readonly trouble: (next: RemoteTrouble, times: number) => Effect.Effect<void>
  readonly reject: (reason: RejectReason, times: number) => Effect.Effect<void>
  /** The queue's books with the events that the test wanted rejected, of which the queue itself knows nothing. */
  readonly withRejections: (counts: EventCounts) => EventCounts
  readonly events: Effect.Effect<ReadonlyArray<PostHogEvent>>
  readonly requests: Effect.Effect<ReadonlyArray<DecideRequest>>
  readonly offers: Effect.Effect<ReadonlyArray<{ readonly draft: EventDraft; readonly offered: OfferResult }>>
  readonly forget: Effect.Effect<void>
  /** Forgets everything, and returns to the initial state. */
  readonly reset: Effect.Effect<void>
}>()("@effect-posthog/testkit/internal/memory/backend") {}

const bodyOf = (request: DecideRequest, evaluationContexts: ReadonlyArray<string>): FlagsBody => ({
  distinct_id: request.distinctId,
  device_id: request.deviceId,
  groups: request.groups,
  person_properties: request.personProperties,
  group_properties: request.groupProperties,
  flag_keys_to_evaluate: request.flagKeys,
  evaluation_contexts: evaluationContexts
})

const remoteFlag = (flag: DecidedFlag): DecideResponse["flags"][string] => ({
  enabled: flag.enabled,
  variant: flag.variant ?? undefined,
  reason: {
    code: flag.reason.code,
    description: flag.reason.description,
    conditionIndex: flag.reason.condition_index ?? undefined
  },
  id: flag.metadata.id,
  version: flag.metadata.version,
  payload: flag.metadata.payload ?? undefined,
  hasExperiment: flag.metadata.has_experiment,
  failed: flag.failed
})

/** @internal */
export const make = Effect.fnUntraced(function*(options: InitialState) {
  const initial = initialState(options)
  const state = yield* Ref.make(initial)
  const events: Array<PostHogEvent> = []
  const requests: Array<DecideRequest> = []
  const offers: Array<{ readonly draft: EventDraft; readonly offered: OfferResult }> = []
  const troubles: Array<RemoteTrouble> = []
  const rejections: Array<RejectReason> = []
  const rejected = new Map<RejectReason, number>()
  let answered = 0

  const answer = (
    request: DecideRequest,
    evaluationContexts: ReadonlyArray<string>,
    trouble: Exclude<RemoteTrouble, { readonly _tag: "Failure" }> | undefined
  ) =>
    Effect.zipWith(Ref.get(state), Clock.currentTimeMillis, (current, now): DecideResponse => {
      answered++
      const limited = trouble?._tag === "QuotaLimited"
      const failed = trouble?._tag === "ComputationErrors" ? trouble.failed : []
      const flags = limited ? [] : decideFlags(bodyOf(request, evaluationContexts), current, now, "server", failed)
      return {
        flags: Object.fromEntries(flags.map((flag) => [flag.key, remoteFlag(flag)])),
        requestId: `00000000-0000-4000-8000-${String(answered).padStart(12, "0")}`,
        evaluatedAt: now,
        quotaLimited: limited,
        errorsWhileComputingFlags: trouble?._tag === "ComputationErrors" || flags.some((flag) => flag.failed === true),
        minimalFlagCalledEvents: current.definitions.minimalFlagCalledEvents
      }
    })

  const forget = () => {
    events.length = 0
    requests.length = 0
    offers.length = 0
  }

  return Backend.of({
    state,
    decide: (request, evaluationContexts) =>
      Effect.suspend(() => {
        requests.push(request)
        const trouble = troubles.shift()
        return trouble?._tag === "Failure"
          ? new DeciderError({ reason: trouble.reason, httpStatus: trouble.status })
          : answer(request, evaluationContexts, trouble)
      }),
    take: (taken) => Effect.sync(() => taken.forEach((event) => events.push(event))),
    offer: (draft, offer) =>
      Effect.suspend(() => {
        const reason = rejections.shift()
        if (reason === undefined) return offer(draft)
        rejected.set(reason, (rejected.get(reason) ?? 0) + 1)
        return Effect.succeed<OfferResult>({ _tag: "Rejected", reason })
      }).pipe(Effect.tap((offered) => Effect.sync(() => offers.push({ draft, offered })))),
    trouble: (next, times) =>
      Effect.sync(() => {
        for (let count = 0; count < times; count++) troubles.push(next)
      }),
    reject: (reason, times) =>
      Effect.sync(() => {
        for (let count = 0; count < times; count++) rejections.push(reason)
      }),
    withRejections: (counts) => {
      const all = { ...counts.rejected }
      for (const [reason, count] of rejected) all[reason] += count
      return { ...counts, rejected: all }
    },
    events: Effect.sync(() => [...events]),
    requests: Effect.sync(() => [...requests]),
    offers: Effect.sync(() => [...offers]),
    forget: Effect.sync(forget),
    reset: Effect.andThen(
      Effect.sync(() => {
        forget()
        troubles.length = 0
        rejections.length = 0
        rejected.clear()
      }),
      Ref.set(state, initial)
    )
  })
})
