import * as Command from "@effect/cli/Command"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { cwd, versions } from "node:process"
import { readText } from "../definitions/readDefinitions.ts"
import { doctor, exitCode, renderChecks } from "../doctor/doctor.ts"
import { Findings, print, unreachable, unusable } from "../terminal/output.ts"
import { json } from "../terminal/printable.ts"
import * as Shared from "./options.ts"

const looked = ["effect-posthog", "effect", "@effect/platform", "@effect/platform-node", "@effect-posthog/testkit"]

/** The version of a package as a program in the folder would get it. */
const installedVersion = (name: string): string | undefined => {
  for (let folder = cwd();; folder = dirname(folder)) {
    try {
      const manifest: unknown = JSON.parse(readFileSync(join(folder, "node_modules", name, "package.json"), "utf8"))
      if (Predicate.isRecord(manifest) && typeof manifest["version"] === "string") return manifest["version"]
    } catch {
      // Not in this folder.
    }
    if (dirname(folder) === folder) return undefined
  }
}

const installedPackages = Effect.sync(() =>
  new Map(looked.flatMap((name) => {
    const version = installedVersion(name)
    return version === undefined ? [] : [[name, version] as const]
  }))
)

const variable = (name: string) =>
  Config.string(name).pipe(
    Config.option,
    Effect.mapBoth({
      onSuccess: (value) => Option.filter(Option.map(value, (text) => text.trim()), (text) => text !== ""),
      onFailure: () => unusable(`the environment variable ${name} cannot be read`)
    })
  )

export const doctorCommand = Command.make(
  "doctor",
  { host: Shared.host, secretKeyFile: Shared.secretKeyFile, format: Shared.format },
  ({ format, host, secretKeyFile }) =>
    Effect.gen(function*() {
      const secretKey = Option.isSome(secretKeyFile)
        ? Option.some((yield* readText(secretKeyFile.value)).trim())
        : yield* variable("POSTHOG_SECRET_KEY")
      const checks = yield* doctor({
        nodeVersion: versions.node,
        projectKey: Option.map(yield* variable("POSTHOG_API_KEY"), (text) => Redacted.make(text)),
        secretKey: Option.map(secretKey, (text) => Redacted.make(text)),
        host: Option.isSome(host) ? host : yield* variable("POSTHOG_HOST"),
        installed: yield* installedPackages
      })
      yield* print(format === "json" ? json({ checks }) : renderChecks(checks))
      const code = exitCode(checks)
      if (code === 3) return yield* unreachable("PostHog could not be used, see above")
      if (code === 1) return yield* new Findings()
    })
).pipe(Command.withDescription("Tries keys, host, region, clock and limits, and says what is wrong."))
