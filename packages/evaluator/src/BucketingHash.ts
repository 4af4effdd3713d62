/**
 * The hash that places an identifier in a rollout or a variant.
 *
 * @since 1.0.0
 */
import { hashText } from "./internal/hash/bucketing.ts"

/**
 * Hashes a text to a number from 0 to 1, as PostHog places identifiers in rollouts.
 *
 * **When to use**
 *
 * To check by hand where an identifier falls. Evaluation and `explain` hash by themselves.
 *
 * **Details**
 *
 * The number is the first 60 bits of the SHA-1 of `prefix + id + salt` in UTF-8, divided by 2^60. Identifiers are not cut
 * to 200 code points, and the empty identifier is hashed like any other; the evaluation of a flag does the former, and
 * treats the latter as 0.
 *
 * **Example**
 *
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
