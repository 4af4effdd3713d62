/**
 * The hash that places an identifier in a rollout or a variant.
 *
 * @since 1.0.0
 */
import { hashText } from "./internal/hash/bucketing.ts"

/**
 * Hashes `prefix + id + salt` to a number from 0 to 1: the first 60 bits of the SHA-1 of its UTF-8, over 2^60.
 *
 * This is the bare hash. Cutting identifiers to 200 code points, and the value of the empty identifier, belong to the
 * evaluation of a flag.
 *
 * @example
 * ```ts
 * import { bucketingHash } from "@effect-posthog/evaluator"
 *
 * assert.strictEqual(bucketingHash("simple-flag.", "distinct_id_0", ""), 0.7836963764220432)
 * ```
 *
 * @since 1.0.0
 * @category getters
 */
export const bucketingHash = (prefix: string, id: string, salt: string): number => hashText(prefix + id + salt)
