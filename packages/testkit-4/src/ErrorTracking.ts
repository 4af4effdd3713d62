// Generated from packages/testkit/src/ErrorTracking.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * A model of PostHog's error tracking: which `$exception` events it can use, and which of them it counts as one issue.
 *
 * @since 3.0.0
 */
import { createHash } from "node:crypto"
import * as Model from "./internal/project/errorTracking.ts"

/**
 * What PostHog makes of the properties of an `$exception` event.
 *
 * @since 3.0.0
 * @category models
 */
export interface ProcessedException {
  /** Why PostHog cannot use the event. Empty when it can. */
  readonly problems: ReadonlyArray<string>
  /**
   * Events with the same fingerprint are one issue. It is the event's own `$exception_fingerprint` when it has one;
   * otherwise it is not PostHog's hash, but it is equal where PostHog's is. `undefined` when there are problems.
   */
  readonly fingerprint: string | undefined
}

/**
 * Processes the properties of an `$exception` event as PostHog does.
 *
 * **When to use**
 *
 * When a test must show that two errors are one issue, or two. The embedded server does this for every exception it
 * receives: see `PostHogServer.exceptions`.
 *
 * **Details**
 *
 * PostHog needs a list of exceptions, each with a type, and a file and a function in each frame of Node.js. The
 * fingerprint is made of every exception in the list: its type, and of its frames in the application the file, module
 * and function; the message counts only for an exception without frames. Lines, columns and hosts do not count.
 *
 * @since 3.0.0
 * @category testing
 * @example
 * ```ts
 * import { ErrorTracking } from "@effect-posthog/testkit"
 *
 * const exception = (value: string, lineno: number) => ({
 *   $exception_list: [{
 *     type: "TypeError",
 *     value,
 *     stacktrace: {
 *       type: "raw",
 *       frames: [{ platform: "node:javascript", filename: "src/cart.ts", function: "total", lineno, in_app: true }]
 *     }
 *   }]
 * })
 *
 * const first = ErrorTracking.process(exception("order 1", 3))
 * const second = ErrorTracking.process(exception("order 2", 4))
 * assert.deepStrictEqual(first.problems, [])
 * assert.deepStrictEqual(first.fingerprint, second.fingerprint)
 * ```
 */
export const process = (properties: Readonly<Record<string, unknown>>): ProcessedException => {
  const problems = Model.problemsOf(properties)
  if (problems.length > 0) return { problems, fingerprint: undefined }
  const parts = Model.fingerprintParts(properties)
  return {
    problems,
    fingerprint: typeof parts === "string"
      ? parts
      : createHash("sha512").update(JSON.stringify(parts)).digest("hex")
  }
}
