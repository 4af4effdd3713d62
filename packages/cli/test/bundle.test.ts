import { assert, describe, it } from "@effect/vitest"
import { execFileSync, spawn, spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { execPath } from "node:process"
import { fileURLToPath } from "node:url"
import { shop } from "./documents.ts"

const folder = join(dirname(fileURLToPath(import.meta.url)), "..")

const bin = join(folder, "dist", "bin.js")

execFileSync(execPath, [join(folder, "build.mjs")], { stdio: "pipe" })

/** Tells on standard error how much processor time the process took. */
const clocked =
  "data:text/javascript,import process from 'node:process';process.on('exit',()=>{const{user,system}=process.cpuUsage();process.stderr.write('cpu '+(user+system))})"

describe("the bundle", () => {
  it("needs nothing beside itself, and starts in less than half a second of processor time", () => {
    assert.notMatch(readFileSync(bin, "utf8").slice(0, 2000), /from\s*"(?!node:)/)
    const times = Array.from({ length: 3 }, () => {
      const { status, stderr, stdout } = spawnSync(execPath, ["--import", clocked, bin, "--help"], {
        encoding: "utf8",
        cwd: "/"
      })
      assert.strictEqual(status, 0)
      assert.include(stdout, "evaluate")
      return Number(/cpu (\d+)/.exec(stderr)?.[1]) / 1000
    })
    assert.isBelow(Math.min(...times), 500, `${times.join(", ")} ms`)
  })

  it("reads standard input, and ends quietly when a reader of its output goes away", () => {
    const result = spawnSync(execPath, [
      bin,
      "evaluate",
      "--definitions",
      "-",
      "--distinct-id",
      "ada",
      "--format",
      "json"
    ], {
      encoding: "utf8",
      input: JSON.stringify(shop)
    })
    assert.strictEqual(result.status, 0)
    assert.strictEqual(JSON.parse(result.stdout).flags["upload-limit"].value, true)
    const flags = Array.from({ length: 5000 }, (_, index) => ({ ...shop.flags[1] as object, key: `flag-${index}` }))
    const command = `"${execPath}" "${bin}" evaluate --definitions - --distinct-id ada | head -1`
    const piped = spawnSync("sh", ["-c", command], { encoding: "utf8", input: JSON.stringify({ flags }) })
    assert.deepStrictEqual([piped.status, piped.stderr, piped.stdout.split("\n").length], [0, "", 2])
  })

  it("serves the page out of itself, says when its port is taken, and ends with 0 when it is asked to", async () => {
    const child = spawn(execPath, [bin, "dev", "--port", "0", "--page-port", "0"], {
      stdio: ["ignore", "pipe", "pipe"]
    })
    const printed = await new Promise<string>((resolve) => {
      let text = ""
      child.stdout.on("data", (chunk) => {
        text += String(chunk)
        if (text.includes("The page is at")) resolve(text)
      })
    })
    const page = /The page is at (\S+)/.exec(printed)?.[1] ?? ""
    const answer = await fetch(`${page}page.js`)
    assert.include(await answer.text(), "EventSource")
    const { port } = new URL(page)
    const second = spawnSync(execPath, [bin, "dev", "--port", "0", "--page-port", port], { encoding: "utf8" })
    assert.deepStrictEqual([second.status, second.stdout], [2, ""])
    assert.include(second.stderr, `port ${port} is taken`)
    child.kill("SIGTERM")
    const code = await new Promise((resolve) => child.on("exit", resolve))
    assert.strictEqual(code, 0)
  })
})
