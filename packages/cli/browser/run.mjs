// The page in a real browser: Debian's Chromium, driven by playwright-core, which is installed into a temporary folder.
//
//   node packages/cli/browser/run.mjs                  runs the checks
//   node packages/cli/browser/run.mjs --screenshots    and takes the screenshots of the README anew
import { execFileSync, spawn, spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { checks } from "./checks.mjs"
import { measureFrames } from "./frames.mjs"
import { takeScreenshots } from "./screenshots.mjs"

const folder = join(dirname(fileURLToPath(import.meta.url)), "..")
const temporary = mkdtempSync(join(tmpdir(), "effect-posthog-browser-"))
const playwright = "playwright-core@1.65.1"

const candidates = [process.env["CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser"]

/** Chromium, from apt-get where this may install packages; nothing where there is none. */
const findChromium = () => {
  const found = () => candidates.find((path) => path !== undefined && existsSync(path))
  if (found() !== undefined || process.getuid?.() !== 0) return found()
  console.log("Installing chromium ...")
  for (const args of [["update", "-qq"], ["install", "-y", "-qq", "chromium"]]) {
    spawnSync("apt-get", args, { stdio: "ignore", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } })
  }
  return found()
}

const installPlaywright = () => {
  writeFileSync(join(temporary, "package.json"), "{}")
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", playwright], {
    cwd: temporary,
    stdio: ["ignore", "ignore", "inherit"]
  })
  return createRequire(join(temporary, "package.json"))("playwright-core")
}

/** The definitions of the example shop, as PostHog would serve them. */
const shopDefinitions = () => {
  const module = JSON.stringify(new URL("../../examples/src/storefront/definitions.ts", import.meta.url).href)
  const program = `import { definitions } from ${module}; console.log(JSON.stringify(definitions))`
  return JSON.parse(
    execFileSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
      cwd: folder,
      encoding: "utf8",
      maxBuffer: 1e8
    })
  )
}

const children = []

/** The development server over some definitions: where it listens, and where its page is. */
const startDev = (definitions) => {
  const file = join(temporary, `definitions-${children.length}.json`)
  writeFileSync(file, JSON.stringify(definitions))
  const args = [join(folder, "dist", "bin.js"), "dev", "--definitions", file, "--port", "0", "--page-port", "0"]
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
  children.push(child)
  return new Promise((resolve, reject) => {
    let text = ""
    child.once("exit", (code) => reject(new Error(`dev ended with ${code}\n${text}`)))
    child.stdout.on("data", (chunk) => {
      text += chunk
      const page = /The page is at (\S+)/.exec(text)?.[1]
      if (page !== undefined) resolve({ page, host: /Listening on (\S+)/.exec(text)[1], file })
    })
  })
}

const main = async () => {
  const executablePath = findChromium()
  if (executablePath === undefined) {
    console.log("Skipped: there is no Chromium here (apt-get install chromium, or name one in CHROMIUM)")
    return 0
  }
  execFileSync(process.execPath, [join(folder, "build.mjs")], { stdio: "inherit" })
  const { chromium } = installPlaywright()
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] })
  console.log(`Chromium ${browser.version()}, ${playwright}`)
  const definitions = shopDefinitions()
  let failed = 0
  try {
    for (const [name, check] of checks) {
      try {
        await check({ browser, definitions, startDev })
        console.log(`ok      ${name}`)
      } catch (error) {
        failed++
        console.log(`failed  ${name}\n${error.stack}`)
      }
    }
    failed += await measureFrames({ browser, startDev })
    if (process.argv.includes("--screenshots")) {
      await takeScreenshots({ browser, definitions, startDev, folder: join(folder, "screenshots") })
    }
  } finally {
    await browser.close()
  }
  return failed === 0 ? 0 : 1
}

let code = 1
try {
  code = await main()
} finally {
  for (const child of children) child.removeAllListeners("exit").kill()
  rmSync(temporary, { force: true, recursive: true })
}
process.exit(code)
