// Generated from packages/effect-posthog/src/internal/exceptions/boundaries.ts by packages/tools/editions.mjs: change that file, not this one.
import type { Level } from "./levels.ts"

/**
 * A place where exceptions are caught, and what that says about them.
 *
 * @internal
 */
export interface Boundary {
  readonly name:
    | "report"
    | "withReporting"
    | "middleware"
    | "rpc"
    | "layerLogger"
    | "main"
    | "tapLayer"
    | "captureException"
  /** PostHog's category. */
  readonly type: string
  readonly handled: boolean
  readonly level: Level
  readonly source?: string
  readonly defectsOnly: boolean
  /** Whether reports are limited, because they are not asked for one by one. */
  readonly automatic: boolean
}

/** @internal */
export const report: Boundary = {
  name: "report",
  type: "generic",
  handled: true,
  level: "error",
  defectsOnly: false,
  automatic: false
}

/** @internal */
export const captureException: Boundary = { ...report, name: "captureException" }

/** @internal */
export const fiber: Boundary = {
  name: "withReporting",
  type: "task",
  handled: false,
  level: "error",
  source: "effect.fiber",
  defectsOnly: false,
  automatic: true
}

/** @internal */
export const middleware: Boundary = {
  ...fiber,
  name: "middleware",
  type: "middleware",
  source: "effect.http_middleware"
}

/** @internal */
export const rpc: Boundary = {
  ...middleware,
  name: "rpc",
  source: "effect.rpc_middleware",
  defectsOnly: true
}

/** @internal */
export const logger: Boundary = {
  ...fiber,
  name: "layerLogger",
  type: "logger",
  handled: true,
  source: "effect.logger"
}

/** @internal */
export const main: Boundary = {
  ...fiber,
  name: "main",
  type: "onuncaughtexception",
  level: "fatal",
  source: "effect.run_main",
  // It happens once, and what ends a program must not fall victim to what came before.
  automatic: false
}

/** @internal */
export const layer: Boundary = { ...fiber, name: "tapLayer", source: "effect.layer" }
