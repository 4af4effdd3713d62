/**
 * PostHog feature flags and events for Effect applications.
 *
 * @since 0.1.0
 */
export type { CachedDefinitions } from "./CachedDefinitions.ts"
export { Compression, CompressionError } from "./Compression.ts"
export type { CompressionService, Compressor } from "./Compression.ts"
export { Decider } from "./Decider.ts"
export { DeciderError } from "./Decision.ts"
export type { DecideRequest, DecideResponse, RemoteFlag } from "./Decision.ts"
export { DedupCache } from "./DedupCache.ts"
export { DedupStore } from "./DedupStore.ts"
export { DefinitionsCache, DefinitionsCacheError } from "./DefinitionsCache.ts"
export { DefinitionsError } from "./DefinitionsError.ts"
export type { DefinitionsErrorReason } from "./DefinitionsError.ts"
export type { DefinitionsLoad, LoadDefinitions } from "./DefinitionsLoad.ts"
export { DefinitionsSource } from "./DefinitionsSource.ts"
export type { DefinitionsChange, DefinitionsFailure, DefinitionsStatus } from "./DefinitionsStatus.ts"
export type { Counts, Delivery, DropReason, Offered, RejectReason } from "./Delivery.ts"
export { evaluateFlags } from "./EvaluateFlags.ts"
export type { EvaluationRequest } from "./EvaluateFlags.ts"
export type { EventBatch, SendOutcome } from "./EventBatch.ts"
export type { BeforeSend, EventDraft, EventId, PostHogEvent, Timestamp } from "./EventDraft.ts"
export { EventIds } from "./EventIds.ts"
export type { EventIdSource } from "./EventIds.ts"
export { EventQueue } from "./EventQueue.ts"
/**
 * Capturing events.
 *
 * @since 0.1.0
 */
export * as Events from "./Events.ts"
export { EventTransport } from "./EventTransport.ts"
export type { ExposureKey } from "./ExposureKey.ts"
/**
 * Typed flags: what a flag's value and payload may be, said once.
 *
 * @since 0.1.0
 */
export * as Flag from "./Flag.ts"
export { FlagPayloadError, FlagValueError } from "./Flag.ts"
export { FlagOverridesError } from "./FlagOverridesError.ts"
/**
 * Policies for failed evaluations, and reading one flag at a time.
 *
 * @since 0.1.0
 */
export * as Flags from "./Flags.ts"
export { FlagSnapshot } from "./FlagSnapshot.ts"
export type { FlagDetail } from "./FlagSnapshot.ts"
export { InvalidEventError } from "./InvalidEventError.ts"
export type { LocalEvaluation } from "./LocalEvaluation.ts"
export { LocalEvaluator } from "./LocalEvaluator.ts"
/**
 * The layers that make up a PostHog client.
 *
 * @since 0.1.0
 */
export * as PostHog from "./PostHog.ts"
export { PostHogConfig } from "./PostHogConfig.ts"
export { PostHogConfigError } from "./PostHogConfigError.ts"
/**
 * The metrics that the library keeps.
 *
 * @since 0.1.0
 */
export * as PostHogMetrics from "./PostHogMetrics.ts"
export type { FlagErrorCode, RemoteFailureCode, RemoteFailureReason } from "./RemoteFailure.ts"
export { RemoteFlagsError } from "./RemoteFlagsError.ts"
/**
 * Who the current request is about.
 *
 * @since 0.1.0
 */
export * as RequestContext from "./RequestContext.ts"
export { TraceDistinctId } from "./TraceDistinctId.ts"
