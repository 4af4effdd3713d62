// Runs the compiled programs on each runtime, against the server of the test kit in a process of its own.
import { build } from "esbuild"
import { spawn } from "node:child_process"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { arch, platform } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { run } from "../checks/workspace.mjs"

const target = `${platform()}-${arch()}`
const denoTarget = platform() === "linux" ? `${target}-glibc` : target

/** The runtimes as npm packages: each holds the program itself, so that no install script is needed. */
export const runtimePackages = {
  "node-22": `npm:node-${target}@22`,
  "node-24": `npm:node-${target}@24`,
  [`@oven/bun-${target}`]: "1",
  [`@deno/${denoTarget}`]: "2",
  "edge-runtime": "4.0.1"
}

const expectedClient = JSON.stringify({
  beta: true,
  pricing: "annual",
  headline: "Two months free",
  remote: false,
  delivered: 4,
  dropped: 0,
  kinds: 2,
  absent: "Unknown"
})

const expectedTests = JSON.stringify([true, "beta", "ExpectationError", true, 3])

const expectedOpenFeature = JSON.stringify([true, "annual", { headline: "Two months free" }, "FLAG_NOT_FOUND"])

/** The runtimes beside this one, from the packages. */
export const runners = (tools) => {
  const binary = (...path) => join(tools, "node_modules", ...path)
  return [
    { name: "Node 22", program: binary("node-22", "bin", "node"), args: [] },
    { name: "Node 24", program: binary("node-24", "bin", "node"), args: [] },
    { name: "Bun", program: binary("@oven", `bun-${target}`, "bin", "bun"), args: ["run"] },
    { name: "Deno", program: binary("@deno", denoTarget, "deno"), args: ["run", "--allow-all"] }
  ]
}

/** The server of the test kit as users start it; resolves with its URL. */
const startServer = (project) =>
  new Promise((resolve, reject) => {
    const program = join(project, "node_modules", ".bin", "effect-posthog-server")
    const child = spawn(program, ["definitions.json", "--port", "0"], {
      cwd: project,
      stdio: ["ignore", "pipe", "pipe"]
    })
    const printed = []
    const read = (chunk) => {
      printed.push(String(chunk))
      const [, url] = /Listening on (\S+) with 3 flags/.exec(printed.join("")) ?? []
      if (url !== undefined) resolve({ url, stop: () => child.kill("SIGTERM") })
    }
    child.stdout.on("data", read)
    child.stderr.on("data", read)
    child.once("error", reject)
    child.once("exit", () => reject(new Error(`effect-posthog-server ended:\n${printed.join("")}`)))
  })

/** Runs the programs; the runtimes say what came out on their last line. */
const runPrograms = async ({ args, name, program }, project, url, record) => {
  const version = await run(program, ["--version"])
  if (version.code !== 0) return record(name, "does not start", version.output.slice(0, 300) || "it is not there")
  const shown = version.stdout.split("\n")[0].replace(/^(?:v|deno )/, "").split(" ")[0]
  const client = await run(program, [...args, "client.main.mjs", url], { cwd: project, timeout: 120_000 })
  record(name, `${shown} library`, differs(client, expectedClient))
  const tests = await run(program, [...args, "tests.main.mjs"], { cwd: project, timeout: 120_000 })
  record(name, `${shown} test kit`, differs(tests, expectedTests))
  const openFeature = await run(program, [...args, "openFeature.main.mjs", url], { cwd: project, timeout: 120_000 })
  record(name, `${shown} OpenFeature`, differs(openFeature, expectedOpenFeature))
  if (!name.startsWith("Node")) return
  const required = await run(program, [join("out-nodenext", "required.cjs"), url], { cwd: project, timeout: 120_000 })
  record(name, `${shown} OpenFeature by require`, differs(required, JSON.stringify([true])))
}

const differs = ({ code, output, stdout }, expected) => {
  if (code !== 0) return output.slice(-2_000) || `ended with ${code}`
  const last = stdout.trim().split("\n").at(-1)
  return last === expected ? undefined : `expected ${expected}\ngot      ${last}`
}

/** An edge runtime has no modules: the client in one file, evaluated in its sandbox. */
const runAtTheEdge = async (folder, project, tools, url, record) => {
  const manifest = join(tools, "node_modules", "edge-runtime", "package.json")
  if (!existsSync(manifest)) return record("edge-runtime", "not installed", "npm left it out")
  const bundled = join(folder, "edge.js")
  await build({
    stdin: {
      contents: `import { consume } from "./out-bundler/client.js"; globalThis.consume = consume`,
      resolveDir: project
    },
    outfile: bundled,
    bundle: true,
    format: "iife",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["edge-light", "worker", "import"],
    external: ["node:*"],
    logLevel: "error"
  })
  const host = join(tools, "edge.mjs")
  writeFileSync(
    host,
    [
      "import { readFileSync } from \"node:fs\"",
      "import { EdgeRuntime } from \"edge-runtime\"",
      "const runtime = new EdgeRuntime({ initialCode: readFileSync(process.argv[2], \"utf8\") })",
      "console.log(await runtime.evaluate(`consume(${JSON.stringify(process.argv[3])})`))",
      "process.exit(0)"
    ].join("\n")
  )
  const result = await run("node", [host, bundled, url], { cwd: tools, timeout: 120_000 })
  const { version } = JSON.parse(readFileSync(manifest, "utf8"))
  record("edge-runtime", `${version} library`, differs(result, expectedClient))
}

export const runtimes = async ({ folder, project, quick, record, tools }) => {
  const module = (name) => pathToFileURL(join(project, "out-nodenext", name)).href
  const main = (name, argument) =>
    `import { consume } from "${module(name)}"\nconsole.log(await consume(${argument}))\nprocess.exit(0)\n`
  writeFileSync(join(project, "client.main.mjs"), main("client.js", "process.argv[2]"))
  writeFileSync(join(project, "tests.main.mjs"), main("tests.js", ""))
  writeFileSync(join(project, "openFeature.main.mjs"), main("openFeature.js", "process.argv[2]"))
  const here = { name: `Node ${process.versions.node.split(".")[0]}`, program: process.execPath, args: [] }
  const server = await startServer(project)
  try {
    for (const runner of quick ? [here] : [here, ...runners(tools)]) {
      await runPrograms(runner, project, server.url, record)
    }
    if (!quick) await runAtTheEdge(folder, project, tools, server.url, record)
  } finally {
    server.stop()
  }
}
