// Generated from packages/effect-posthog/src/index.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * PostHog feature flags and events for Effect applications.
 *
 * @since 3.0.0
 */
export { Compression, CompressionError } from "./Compression.ts"
export type { CompressionService, Compressor } from "./Compression.ts"
export { Decider } from "./Decider.ts"
export { DeciderError } from "./Decision.ts"
export type {
  DecideRequest,
  DecideResponse,
  FlagErrorCode,
  RemoteFailureCode,
  RemoteFailureReason,
  RemoteFlag
} from "./Decision.ts"
export { DedupCache, DedupStore } from "./DedupCache.ts"
export type { ExposureKey } from "./DedupCache.ts"
export { DefinitionsError } from "./Definitions.ts"
export type {
  DefinitionsChange,
  DefinitionsErrorReason,
  DefinitionsFailure,
  DefinitionsLoad,
  DefinitionsStatus
} from "./Definitions.ts"
export { DefinitionsCache, DefinitionsCacheError } from "./DefinitionsCache.ts"
export type { CachedDefinitions, DefinitionsCacheAnswer } from "./DefinitionsCache.ts"
export { DefinitionsSource } from "./DefinitionsSource.ts"
export type {
  Delivery,
  DropReason,
  EventBatch,
  EventCounts,
  OfferResult,
  Prepared,
  RejectReason,
  SendOutcome
} from "./Delivery.ts"
export { evaluateFlags, RemoteFlagsError } from "./EvaluateFlags.ts"
export type { EvaluationOptions, EvaluationRequest, Subject } from "./EvaluateFlags.ts"
export type { BeforeSend, EventDraft, EventId, PostHogEvent, Timestamp } from "./EventDraft.ts"
export { EventIds } from "./EventIds.ts"
export type { EventIdSource } from "./EventIds.ts"
export { EventQueue } from "./EventQueue.ts"
/**
 * Capturing events.
 *
 * @since 3.0.0
 */
export * as Events from "./Events.ts"
export { InvalidEventError } from "./Events.ts"
export { EventTransport } from "./EventTransport.ts"
/**
 * Typed flags: what a flag's value and payload may be, said once.
 *
 * @since 3.0.0
 */
export * as Flag from "./Flag.ts"
export { FlagPayloadError, FlagValueError } from "./Flag.ts"
/**
 * Forcing flags to values, for development and tests.
 *
 * @since 3.0.0
 */
export * as FlagOverrides from "./FlagOverrides.ts"
export { FlagOverridesError } from "./FlagOverrides.ts"
/**
 * Policies for failed evaluations, and reading one flag at a time.
 *
 * @since 3.0.0
 */
export * as Flags from "./Flags.ts"
export { FlagSnapshot } from "./FlagSnapshot.ts"
export type { Bootstrap, FlagDetail, ReadOptions, TypedSnapshot } from "./FlagSnapshot.ts"
export { FlagSetId, FlagTelemetry, TraceDistinctId } from "./FlagTelemetry.ts"
export type { EmitFlagRead, FlagRead, ResultReason } from "./FlagTelemetry.ts"
export type { LocalEvaluation } from "./LocalEvaluation.ts"
export { LocalEvaluator } from "./LocalEvaluator.ts"
/**
 * The layers that make up a PostHog client.
 *
 * @since 3.0.0
 */
export * as PostHog from "./PostHog.ts"
export { PostHogConfig } from "./PostHogConfig.ts"
export { PostHogConfigError } from "./PostHogConfigError.ts"
/**
 * The metrics that the library keeps.
 *
 * @since 3.0.0
 */
export * as PostHogMetrics from "./PostHogMetrics.ts"
export type { Properties } from "./Properties.ts"
/**
 * Whom the current request is about.
 *
 * @since 3.0.0
 */
export * as RequestContext from "./RequestContext.ts"
/**
 * The flags of a request, evaluated once.
 *
 * @since 3.0.0
 */
export * as RequestFlags from "./RequestFlags.ts"
