/**
 * Reloads a large set of definitions while flags are being evaluated, and measures what that does to the evaluations and
 * to the event loop.
 *
 * The load: in each turn of the event loop, one evaluation of ten flags. `turn` is the time from one turn to the next,
 * that is, how long the loop was held. `work` is the same without the pauses for garbage in it, of which `collection` is
 * the longest. `pages` counts how often the system was asked for memory in the longest turn: where it is slow to hand it
 * out, as on some virtual machines, both take longer.
 *
 * Run with `npx tsx packages/bench/src/definitions/reload.ts [flags] [reloads]`.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { bundle, output } from "../bundle.ts"
import { definitionsDocument } from "./document.ts"

const flags = Number(process.argv[2] ?? 10_000)
const reloads = Number(process.argv[3] ?? 10)

await bundle()
const bytes = JSON.stringify(definitionsDocument(flags, 0)).length
console.log(`${flags} flags, ${(bytes / 1e6).toFixed(1)} MB of JSON, Node ${process.version}`)

const server = spawn(process.execPath, [join(output, "definitions/server.js"), String(flags)], {
  stdio: ["ignore", "pipe", "inherit"]
})
const [port] = await once(server.stdout, "data") as [Buffer]
const host = `http://127.0.0.1:${String(port).trim()}`
const measured = spawn(process.execPath, [
  join(output, "definitions/process.js"),
  host,
  String(flags),
  String(reloads)
], { stdio: "inherit" })
const [code] = await once(measured, "exit") as [number | null]
server.kill()
process.exitCode = code ?? 1
