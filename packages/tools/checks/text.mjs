// What no tracked file says: where somebody's machine keeps things, and work left undone.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { isFile, root, run } from "./workspace.mjs"

const rules = [
  {
    pattern: /(?:(?<![\w.:/])|(?<=file:\/\/))\/(?:work|root|tmp|home|Users|private|var\/folders)\/[\w.-]/,
    says: "a path of one machine"
  },
  { pattern: /\b[A-Z]:\\Users\\/, says: "a path of one machine" },
  { pattern: /\b(?:TO[D]O|FIXM[E]|HAC[K])\b/, says: "work left undone: do it, or write an issue" }
]

const generated = new Set(["pnpm-lock.yaml"])

export const text = async () => {
  const listed = await run("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
  if (listed.code !== 0) return [listed.output]
  const files = listed.stdout.split("\0").filter((file) =>
    file !== "" && !generated.has(file) && isFile(join(root, file))
  )
  if (files.length === 0) return ["looked at no file"]
  return files.flatMap((file) => {
    const content = readFileSync(join(root, file), "utf8")
    if (content.includes("\0")) return []
    return content.split("\n").flatMap((line, index) =>
      rules
        .filter((rule) => rule.pattern.test(line))
        .map((rule) => `${file}:${index + 1} ${rule.says}: ${line.trim().slice(0, 120)}`)
    )
  })
}
