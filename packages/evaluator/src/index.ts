/**
 * Pure local evaluation of PostHog feature flags: definitions in, values and explanations out.
 *
 * @since 1.0.0
 */
export * from "./BucketingHash.ts"
export * from "./Compilation.ts"
export * from "./CompiledDefinitions.ts"
export * from "./Evaluation.ts"
export * from "./EvaluationContext.ts"
export * from "./Explain.ts"
export * from "./Explanation.ts"
export * from "./FlagMetadata.ts"
export * from "./Problem.ts"
export * from "./PropertyMatching.ts"
export * from "./RegexEngine.ts"
export * from "./Requirements.ts"
export * from "./Result.ts"
