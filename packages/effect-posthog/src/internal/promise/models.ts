/// <reference lib="esnext.disposable" preserve="true" />
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { FlagErrorCode } from "../../Decision.ts"
import type { DefinitionsChange, DefinitionsStatus } from "../../Definitions.ts"
import type { EventCounts } from "../../Delivery.ts"
import type { EvaluationRequest, RemoteFlagsError } from "../../EvaluateFlags.ts"
import type { EventId } from "../../EventDraft.ts"
import type * as Events from "../../Events.ts"
import type { EventStoreStatus } from "../../EventStore.ts"
import type { ReportOptions } from "../../Exceptions.ts"
import type { Flag, FlagKey, FlagKeys, Registry } from "../../Flag.ts"
import type * as Flags from "../../Flags.ts"
import type { FlagDetail, FlagSnapshot, ReadOptions } from "../../FlagSnapshot.ts"
import type * as PostHog from "../../PostHog.ts"
import type { Properties } from "../../Properties.ts"
import type { RequestContext } from "../requestContext.ts"

/**
 * The flags of one evaluation, as `FlagSnapshot`.
 *
 * **Details**
 *
 * Values are read at once. The exposure of a read is queued beside, once for each person, flag, value, device and groups;
 * `flush` waits for it.
 *
 * @since 3.0.0
 * @category models
 */
export interface PromiseSnapshot {
  /** The snapshot itself, for code in Effect. */
  readonly snapshot: FlagSnapshot
  readonly distinctId: string
  /** The keys of the flags that have a value, sorted by code unit. */
  readonly keys: ReadonlyArray<string>
  /** The server's id for the remote evaluation, if there was one. */
  readonly requestId: string | undefined
  /** What was wrong with the evaluation as a whole. */
  readonly errors: ReadonlyArray<FlagErrorCode>
  /** Why the server's flags are missing. `undefined`: nothing failed. */
  readonly error: RemoteFlagsError | undefined
  /** Whether a flag is on, in any variant; defaults as for `FlagSnapshot.isEnabled`. */
  readonly isEnabled: (
    flag: FlagKey,
    options?: ReadOptions & { readonly defaultValue?: boolean | undefined }
  ) => boolean
  /** The value of a flag by its key: a variant, `true` or `false`. `undefined`: it has no value. */
  readonly getFlag: (key: string, options?: ReadOptions) => boolean | string | undefined
  /** The payload of a flag by its key, decoded from JSON. Silent. */
  readonly getFlagPayload: (key: string) => unknown
  /** The value of a typed flag, or its default. Without one, a value it does not declare is `undefined`, with a warning. */
  readonly get: <A, P, VD extends boolean, PD extends boolean>(
    flag: Flag<A, P, VD, PD>,
    options?: ReadOptions
  ) => VD extends true ? A : A | undefined
  /** The payload of a typed flag, or its default. Without one, a payload that does not fit is `undefined`. Silent. */
  readonly payload: <A, P, VD extends boolean, PD extends boolean>(
    flag: Flag<A, P, VD, PD>
  ) => Promise<PD extends true ? P : P | undefined>
  /** Branches on a flag: `on` gets its value, `off` runs when it is `false` or has no value. */
  readonly match: {
    <A, B, C = B>(
      flag: Flag<A, unknown, boolean, boolean>,
      handlers: { readonly on: (value: Exclude<A, false>) => B; readonly off: () => C }
    ): B | C
    <B, C = B>(key: string, handlers: { readonly on: (value: true | string) => B; readonly off: () => C }): B | C
  }
  /** How a flag came to its value. Silent. */
  readonly detail: (flag: FlagKey) => FlagDetail | undefined
  /** The snapshot with these flags alone. Flags it does not have are left out, with one warning that names them. */
  readonly only: (flags: FlagKeys | Registry) => PromiseSnapshot
  /** The snapshot with only the flags whose value was read before. */
  readonly onlyAccessed: () => PromiseSnapshot
  /** These flags in the form of posthog-js's `bootstrap`; see `FlagSnapshot.toBootstrap`. */
  readonly toBootstrap: FlagSnapshot["toBootstrap"]
}

type WithFlags<Message> = Omit<Message, "flags"> & {
  readonly flags?: PromiseSnapshot | FlagSnapshot | undefined
}

/**
 * An event to capture, with the snapshot of either kind that the code branched on.
 *
 * @since 3.0.0
 * @category models
 */
export type CaptureMessage = WithFlags<Events.CaptureMessage>

/**
 * An event to capture with flags that are evaluated for it.
 *
 * @since 3.0.0
 * @category models
 */
export type CaptureWithFlagsMessage = WithFlags<Events.CaptureWithFlagsMessage>

/**
 * Which flags are evaluated for an event, and with what; see `CaptureWithFlagsMessage` of `Events`.
 *
 * @since 3.0.0
 * @category models
 */
export interface SendFeatureFlagsOptions extends
  Pick<
    Events.CaptureWithFlagsMessage,
    "flagKeys" | "onlyEvaluateLocally" | "personProperties" | "groupProperties"
  >
{}

/**
 * What an exception says beside the error; see `ReportOptions` of `effect-posthog/Exceptions`.
 *
 * @since 3.0.0
 * @category models
 */
export type CaptureExceptionOptions = WithFlags<ReportOptions>

/**
 * An evaluation, and how long its caller waits for it.
 *
 * @since 3.0.0
 * @category models
 */
export interface PromiseEvaluationRequest extends EvaluationRequest {
  /** Bounds this evaluation as a whole. Default: `flags.requestTimeout` for each attempt. */
  readonly timeout?: Duration.DurationInput | undefined
  /** Ends the evaluation when it is aborted; the snapshot then has what was decided locally. */
  readonly signal?: AbortSignal | undefined
}

/**
 * A request for one flag, and how long its caller waits for it.
 *
 * @since 3.0.0
 * @category models
 */
export type Single<Request> = Request & Pick<PromiseEvaluationRequest, "timeout" | "signal">

type ReadOne<Request, A> = {
  (key: FlagKey, distinctId?: string, options?: Omit<Single<Request>, "key" | "distinctId">): Promise<A>
  (request: Single<Request>): Promise<A>
}

type ReadAll<A> = {
  (distinctId: string, request?: Omit<PromiseEvaluationRequest, "distinctId">): Promise<A>
  (request?: PromiseEvaluationRequest): Promise<A>
}

type Evaluate = {
  (distinctId: string, request?: Omit<PromiseEvaluationRequest, "distinctId">): Promise<PromiseSnapshot>
  (request?: PromiseEvaluationRequest): Promise<PromiseSnapshot>
}

/**
 * A client for one project.
 *
 * **Details**
 *
 * Analytics never takes its host down. Capturing resolves with the event's id once it is queued, and with `undefined`
 * when it was not: an unusable message is logged and counted. Evaluating resolves with a snapshot also while PostHog is
 * down: `error` and `errors` say why flags are missing. After `shutdown` both still resolve, with a warning in the log.
 * `strict` has the calls that reject instead.
 *
 * Calls take the arguments of posthog-node too: `isFeatureEnabled(key, distinctId, options)`, `getAllFlags(distinctId)`,
 * `captureException(error, distinctId, properties)`.
 *
 * @since 3.0.0
 * @category models
 */
export interface PromiseClient {
  /** Evaluates all flags for a person, or those of `flagKeys`, with one request at most. */
  readonly evaluateFlags: Evaluate
  /** The same calls, rejecting: with `RemoteFlagsError`, with `InvalidEventError`, after `shutdown`. */
  readonly strict: {
    readonly evaluateFlags: Evaluate
    readonly capture: (message: CaptureMessage) => Promise<EventId | undefined>
  }
  /** Whether one flag is on; its default, the flag's or `false` while that is unknown. Reports the exposure. */
  readonly isFeatureEnabled: ReadOne<
    Flags.FlagValueRequest & { readonly defaultValue?: boolean | undefined },
    boolean
  >
  /** The value of one flag. `undefined`: it has none, or PostHog did not answer. Reports the exposure. */
  readonly getFeatureFlag: ReadOne<Flags.FlagValueRequest, boolean | string | undefined>
  /** The payload of one flag, decoded from JSON. Silent. */
  readonly getFeatureFlagPayload: ReadOne<Flags.SingleFlagRequest, unknown>
  /** One flag with its variant and payload. Reports the exposure. */
  readonly getFeatureFlagResult: ReadOne<Flags.FlagValueRequest, FeatureFlagResult | undefined>
  /** The values of all flags, or those of `flagKeys`. Silent. */
  readonly getAllFlags: ReadAll<Record<string, boolean | string>>
  /** The values and payloads of all flags, or those of `flagKeys`. Silent. */
  readonly getAllFlagsAndPayloads: ReadAll<
    { readonly flags: Record<string, boolean | string>; readonly payloads: Record<string, unknown> }
  >
  /**
   * The payload of a remote config flag, decoded from JSON; see `RemoteConfig.getRemoteConfigPayload`. `undefined`: there
   * is none, or it could not be fetched, which the log says.
   */
  readonly getRemoteConfigPayload: (key: FlagKey) => Promise<unknown>
  /** A snapshot of Effect for code outside Effect. */
  readonly snapshot: (snapshot: FlagSnapshot) => PromiseSnapshot
  /**
   * Captures an event; see `Events.capture`. `sendFeatureFlags` evaluates flags for it as `captureWithFlags` does; pass the
   * `flags` that the code branched on instead, which costs no request.
   */
  readonly capture: (
    message: CaptureMessage & { readonly sendFeatureFlags?: boolean | SendFeatureFlagsOptions | undefined }
  ) => Promise<EventId | undefined>
  /**
   * Reports an error that was caught, or any other value, to error tracking, by the rules of `Exceptions.report`.
   * `undefined`: there was nothing to report, or the event was not accepted.
   */
  readonly captureException: {
    (error: unknown, distinctId: string | undefined, properties?: Properties): Promise<EventId | undefined>
    (error: unknown, options?: CaptureExceptionOptions): Promise<EventId | undefined>
  }
  /** Captures an event of an AI application; see `Events.captureAi`. */
  readonly captureAi: (message: CaptureMessage) => Promise<EventId | undefined>
  /** Evaluates flags and captures an event that carries them; see `Events.captureWithFlags`. */
  readonly captureWithFlags: (message: CaptureWithFlagsMessage) => Promise<EventId | undefined>
  /**
   * Stores what is known about a person; see `Events.identify`. `properties` are stored as well, or, as with posthog-node,
   * what they hold under `$set` and `$set_once`.
   */
  readonly identify: (
    message: Events.IdentifyMessage & { readonly properties?: Properties | undefined }
  ) => Promise<EventId | undefined>
  /** Links a new id to an existing one; see `Events.alias`. */
  readonly alias: (message: Events.AliasMessage) => Promise<EventId | undefined>
  /** Stores the properties of a group; see `Events.groupIdentify`. */
  readonly groupIdentify: (message: Events.GroupIdentifyMessage) => Promise<EventId | undefined>
  /** Changes the stored properties of a person; see `Events.setPersonProperties`. posthog-node's names do, too. */
  readonly setPersonProperties: (
    message: Events.PersonPropertiesMessage & {
      readonly properties?: Properties | undefined
      readonly propertiesOnce?: Properties | undefined
    }
  ) => Promise<EventId | undefined>
  /**
   * This client in a request context: its evaluations and events use the identity, groups and properties of the context
   * unless they are given their own. It shares everything else; closing either closes both.
   */
  readonly with: (context: RequestContext) => PromiseClient
  /**
   * Resolves with `true` when definitions are loaded, at once without local evaluation, and with `false` when they are
   * not within the duration (10 seconds).
   */
  readonly ready: (within?: Duration.DurationInput) => Promise<boolean>
  /** Loads the definitions now. Rejects with `DefinitionsError`. */
  readonly reload: () => Promise<void>
  /** The state of the definitions; see `LocalEvaluator.status`. */
  readonly status: () => Promise<DefinitionsStatus>
  /** What became of the events so far. */
  readonly counts: () => Promise<EventCounts>
  /** What the spool holds and what became of what it held. `undefined`: the client has none. */
  readonly spoolStatus: () => Promise<EventStoreStatus | undefined>
  /**
   * Calls the listener with every change of the definitions, until the returned function is called or the client is
   * closed. An error that the listener throws is logged.
   */
  readonly onChange: (listener: (change: DefinitionsChange) => void) => () => void
  /** Runs an effect with the services of this client. Rejects with its failure. */
  readonly runPromise: <A, E>(effect: Effect.Effect<A, E, PostHog.Services>) => Promise<A>
  /** Resolves when every exposure and event before it has ended: delivered, or dropped for a reason. */
  readonly flush: () => Promise<void>
  /**
   * Waits for captures under way, for up to `within` (`events.shutdownTimeout` by default), delivers what is queued, for
   * as long again at most, and stops. Never rejects.
   */
  readonly shutdown: (within?: Duration.DurationInput) => Promise<void>
  /** {@link PromiseClient.shutdown}. */
  readonly close: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/**
 * A flag with its variant and payload.
 *
 * @since 3.0.0
 * @category models
 */
export interface FeatureFlagResult {
  readonly key: string
  readonly enabled: boolean
  readonly variant: string | undefined
  readonly payload: unknown
}

/**
 * Where a client logs to: `console` will do, and so does any logger with these methods. Levels without a method are left
 * out.
 *
 * @since 3.0.0
 * @category configuration
 */
export interface PromiseLogger {
  readonly error: (message: string, details: Readonly<Record<string, unknown>>) => void
  readonly warn: (message: string, details: Readonly<Record<string, unknown>>) => void
  readonly info?: (message: string, details: Readonly<Record<string, unknown>>) => void
  readonly debug?: (message: string, details: Readonly<Record<string, unknown>>) => void
}
