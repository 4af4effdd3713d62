#!/usr/bin/env node
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import process from "node:process"
import { program } from "./program.ts"
import { Output } from "./terminal/output.ts"

const services = Layer.mergeAll(
  NodeFileSystem.layer,
  NodePath.layer,
  NodeTerminal.layer,
  Output.layer,
  // A redirect would carry the secret key to another host.
  Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.RequestInit, { redirect: "manual" }))
)

const isStyled = process.stdout.isTTY === true && (process.env["NO_COLOR"] ?? "") === ""

// A reader of the output that goes away ends the program quietly.
process.stdout.on("error", () => process.exit(0))
process.stderr.on("error", () => process.exit(0))

const fiber = Effect.runFork(Effect.provide(program(process.argv.slice(2), { isStyled }), services))
// A server that was asked to stop has done its work.
fiber.addObserver((exit) => process.exit(exit._tag === "Success" ? exit.value : Exit.isInterrupted(exit) ? 0 : 2))
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => Effect.runFork(Fiber.interrupt(fiber)))
}
