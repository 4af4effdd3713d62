// Generated from packages/effect-posthog/src/internal/runtime.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * Where the work of a client runs: in fibers of its own, or, on runtimes that tie input, output and timers to the request
 * that began them, in the fibers of those who call. See decision 0025.
 *
 * @internal
 */
export type Runtime = "process" | "worker"

/**
 * The runtime that this program runs on, as far as it tells.
 *
 * @internal
 */
export const detectRuntime = (): Runtime =>
  globalThis.navigator?.userAgent === "Cloudflare-Workers" ? "worker" : "process"
