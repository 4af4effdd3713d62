// The workspace as the checks see it: its root, its packages, and how to run a tool that is installed there.
import { spawn } from "node:child_process"
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { delimiter, join, relative, sep } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../../../", import.meta.url)).replace(/[/\\]$/, "")

export const manifestOf = (name) => JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"))

const folders = readdirSync(join(root, "packages"))
  .filter((name) => existsSync(join(root, "packages", name, "package.json")))
  .sort()

const isEdition = (name) => manifestOf(name).editionOf !== undefined

/** Packages that are generated from another one for another major version of Effect. */
export const editionNames = folders.filter(isEdition)

/** Packages that people write. */
export const packageNames = folders.filter((name) => !isEdition(name))

const published = packageNames.filter((name) => manifestOf(name).private !== true)

/** Packages whose modules others import: their sources keep the library rules. */
export const publishable = published.filter((name) => manifestOf(name).exports !== undefined)

/** Packages that others run: published as one bundle, without modules that anyone imports. */
export const bundled = published.filter((name) => manifestOf(name).exports === undefined)

/** A path inside the workspace, relative to its root and with forward slashes, for messages. */
export const shown = (file) => relative(root, file).split(sep).join("/")

const generated = new Set(["node_modules", "dist", "build", ".tsbuildinfo", ".docgen"])

/** Every file below a folder that satisfies the predicate, generated folders left out, sorted. */
export const filesBelow = (folder, predicate) => {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return generated.has(entry.name) ? [] : filesBelow(path, predicate)
      return predicate(path) ? [path] : []
    })
    .sort()
}

export const sourceFiles = (name, folder = "src") =>
  filesBelow(join(root, "packages", name, folder), (file) => file.endsWith(".ts"))

/** Where installed programs are: those of the checks, then those of the whole workspace. */
const programs = [join(root, "packages", "tools"), root].map((folder) => join(folder, "node_modules", ".bin"))

/** Runs an installed program without a shell; resolves with its exit code and everything it printed. */
export const run = (command, args, options = {}) =>
  new Promise((resolve) => {
    const candidates = command === "node" ? [] : programs.map((folder) => join(folder, command))
    const program = candidates.find((file) => existsSync(file)) ?? command
    const child = spawn(program, args, {
      cwd: options.cwd ?? root,
      env: {
        ...process.env,
        ...options.env,
        PATH: [...programs, process.env["PATH"] ?? ""].join(delimiter),
        FORCE_COLOR: "0",
        NO_COLOR: "1"
      },
      shell: process.platform === "win32",
      stdio: ["ignore", "pipe", "pipe"],
      timeout: options.timeout
    })
    const chunks = []
    const errors = []
    child.stdout.on("data", (chunk) => chunks.push(chunk))
    child.stderr.on("data", (chunk) => errors.push(chunk))
    const finish = (code, extra = "") => {
      const stdout = Buffer.concat(chunks).toString("utf8")
      const stderr = Buffer.concat(errors).toString("utf8") + extra
      resolve({ code, stdout, stderr, output: `${stdout}${stderr}`.trim() })
    }
    child.on("error", (error) => finish(127, error.message))
    child.on("close", (code, signal) => finish(code ?? 1, signal === null ? "" : `\nended by ${signal}`))
  })

/** The problems of a step that is one tool's verdict: none when it exits with zero, else what it printed. */
export const verdict = async (command, args, options) => {
  const result = await run(command, args, options)
  return result.code === 0 ? [] : [result.output || `${command} failed with exit code ${result.code}`]
}

export const isFile = (path) => existsSync(path) && statSync(path).isFile()
