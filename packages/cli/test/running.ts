import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { program } from "../src/program.ts"
import { Output } from "../src/terminal/output.ts"

/** What a run of the program printed and how it ended. */
export interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const services = Layer.mergeAll(
  NodeFileSystem.layer,
  NodePath.layer,
  NodeTerminal.layer,
  Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.RequestInit, { redirect: "manual" }))
)

/** Runs the program in this process, with these environment variables and no others. */
export const run = (
  args: ReadonlyArray<string>,
  environment: Readonly<Record<string, string>> = {}
): Effect.Effect<Run> => {
  const printed: Array<string> = []
  const reported: Array<string> = []
  const output = Output.of({
    print: (text) => Effect.sync(() => void printed.push(text)),
    report: (text) => Effect.sync(() => void reported.push(text))
  })
  return program(args).pipe(
    Effect.provideService(Output, output),
    Effect.provide(services),
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment)))),
    Effect.map((code) => ({ code, stdout: printed.join(""), stderr: reported.join("") }))
  )
}

/** A folder that is gone when the scope closes, and how to put files into it. */
export const folder = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-posthog-cli-"))),
    (path) => Effect.sync(() => rmSync(path, { force: true, recursive: true }))
  ),
  (path) => ({
    path: (name: string) => join(path, name),
    write: (name: string, content: unknown) => {
      const file = join(path, name)
      writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content, null, 2))
      return file
    }
  })
)
