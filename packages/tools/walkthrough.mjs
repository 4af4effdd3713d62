// Does what the README, the READMEs of the published packages and the guides tell their readers to do: runs their blocks
// of `sh` from top to bottom, one empty folder for each document, with Node and npm and the packages as they will be
// published.
//
//   node packages/tools/walkthrough.mjs                      every document
//   node packages/tools/walkthrough.mjs README.md [...]      some of them
//   node packages/tools/walkthrough.mjs --keep [...]         and leaves the folders there
//
// Comments before a block say what the text around it says:
//
//   <!-- save as: main.ts -->               the block that follows is a file of the reader's project
//   <!-- prints: total: 39 -->              the command must print this
//   <!-- runs until stopped: Listening -->  it stays alive after it has printed this, until the document ends
//   <!-- reaches: the first test -->        print the seconds from the empty folder to here
//   <!-- not run: it needs an account -->   an exception, with its reason
import { spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { bundled, filesBelow, isFile, publishable, root, shown } from "./checks/workspace.mjs"
import { serveRegistry } from "./registry.mjs"

const limit = 300_000

const documents = [
  join(root, "README.md"),
  ...[...publishable, ...bundled].map((name) => join(root, "packages", name, "README.md")),
  ...filesBelow(join(root, "packages", "docs"), (file) => file.endsWith(".md"))
].filter(isFile)

/** The fenced blocks of a document, each with the comments right before it. */
const blocksOf = (document) => {
  const content = readFileSync(document, "utf8")
  const fenced = /((?:^<!--[^\n]*-->\n)*)^```(\w+)\n([\s\S]*?)^```$/gm
  return [...content.matchAll(fenced)].map(({ 1: before, 2: language, 3: text, index }) => ({
    language,
    text,
    line: content.slice(0, index + before.length).split("\n").length,
    comment: (name) => new RegExp(`<!-- ${name}: (.*?) -->`).exec(before)?.[1]
  }))
}

const seconds = (since) => ((performance.now() - since) / 1000).toFixed(1)

/** What the reader has: Node, npm and the programs of the system. */
const environment = (registry, cache) => {
  const { HOME, LANG, PATH = "", TMPDIR } = process.env
  const inWorkspace = (folder) => folder.startsWith(root)
  return Object.fromEntries(
    Object.entries({
      HOME,
      LANG,
      TMPDIR,
      PATH: [dirname(process.execPath), ...PATH.split(delimiter)].filter((part) => !inWorkspace(part)).join(delimiter),
      NO_COLOR: "1",
      npm_config_registry: registry,
      npm_config_cache: cache,
      npm_config_audit: "false",
      npm_config_fund: "false",
      npm_config_update_notifier: "false",
      npm_config_yes: "true"
    }).filter(([, value]) => value !== undefined)
  )
}

/** Starts a block in a process group of its own, so that what it starts can be stopped with it. */
const start = (text, folder, env) => {
  const child = spawn("bash", ["-e", "-c", text], {
    cwd: folder,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"]
  })
  const watchers = []
  const running = {
    output: "",
    /** @type {number | string | undefined} */
    ended: undefined,
    stop: () => {
      if (running.ended === undefined && child.pid !== undefined) process.kill(-child.pid, "SIGTERM")
    },
    /** Resolves with what the test makes of the process, asked again whenever it prints or ends. */
    until: (test) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => resolve("timeout"), limit)
        const look = () => {
          const result = test(running)
          if (result === undefined) return
          clearTimeout(timer)
          resolve(result)
        }
        watchers.push(look)
        look()
      })
  }
  const look = () => watchers.forEach((watch) => watch())
  const hear = (chunk) => {
    running.output += chunk
    look()
  }
  child.stdout.on("data", hear)
  child.stderr.on("data", hear)
  child.on("close", (code, signal) => {
    running.ended = signal ?? code ?? 1
    look()
  })
  return running
}

const follow = async (document, folder, env) => {
  const since = performance.now()
  const alive = []
  const problems = []
  mkdirSync(folder, { recursive: true })
  let ran = 0
  try {
    for (const { comment, language, line, text } of blocksOf(document)) {
      const name = comment("save as")
      if (name !== undefined) writeFileSync(join(folder, name), text)
      if (language !== "sh" || comment("not run") !== undefined) continue
      ran++
      const where = `${shown(document)}:${line}`
      const started = performance.now()
      const block = start(text, folder, env)
      const stays = comment("runs until stopped")
      const result = await block.until(({ ended, output }) => {
        if (stays === undefined) return ended === undefined ? undefined : "ended"
        return output.includes(stays) ? "stays" : ended === undefined ? undefined : "ended"
      })
      if (result === "stays") alive.push(block)
      else block.stop()
      const prints = comment("prints")
      const problem = result === "timeout" || (result === "ended" && (block.ended !== 0 || stays !== undefined))
        ? `${where} ${result === "timeout" ? "did not end" : `ended with ${block.ended}`}`
        : prints !== undefined && !block.output.includes(prints)
        ? `${where} did not print ${prints}`
        : undefined
      console.log(`${problem === undefined ? "ok    " : "failed"}  ${where}  ${seconds(started)} s`)
      if (problem !== undefined) {
        problems.push(problem)
        console.log(`${text}${block.output}`.trim().replace(/^/gm, "        "))
        break
      }
      const reached = comment("reaches")
      if (reached !== undefined) console.log(`        from an empty folder to ${reached}: ${seconds(since)} s`)
    }
  } finally {
    for (const block of alive) {
      block.stop()
      await block.until(({ ended }) => ended)
    }
  }
  return { problems, ran }
}

const keep = process.argv.includes("--keep")
const wanted = process.argv.slice(2).filter((argument) => argument !== "--keep")
const chosen = wanted.length === 0 ? documents : documents.filter((file) => wanted.includes(shown(file)))
const folder = mkdtempSync(join(tmpdir(), "effect-posthog-walkthrough-"))
const registry = await serveRegistry(folder)
try {
  const results = []
  for (const document of chosen) {
    const place = join(folder, "projects", shown(document).replaceAll("/", "-").replace(/\.md$/, ""))
    results.push(await follow(document, place, environment(registry.url, join(folder, "cache"))))
  }
  const ran = results.reduce((sum, result) => sum + result.ran, 0)
  const failed = results.flatMap(({ problems }) => problems)
  console.log(`${ran} blocks of ${chosen.length} documents, ${failed.length} failed`)
  process.exitCode = failed.length === 0 && ran > 0 ? 0 : 1
} finally {
  registry.close()
  if (keep) console.log(`kept ${folder}`)
  else rmSync(folder, { force: true, recursive: true })
}
