#!/usr/bin/env node
// Generated from packages/testkit/src/bin/EffectPostHogServer.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * The program `effect-posthog-server`.
 *
 * @since 3.0.0
 */
import * as Cause from "effect/Cause"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { argv } from "node:process"
import { main } from "../internal/server/serverProgram.ts"

NodeRuntime.runMain(main(argv.slice(2)).pipe(Effect.provide(NodeFileSystem.layer)), {
  disableErrorReporting: true,
  // Effect 4 ends with 130 where Effect 3 ends with 0.
  teardown: (exit, end) => end(Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause) ? 0 : 1)
})
