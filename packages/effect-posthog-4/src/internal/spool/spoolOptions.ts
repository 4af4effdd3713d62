// Generated from packages/effect-posthog/src/internal/spool/spoolOptions.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { SpoolOptions } from "../../EventSpool.ts"
import { PostHogConfigError } from "../../PostHogConfigError.ts"
import type { FileStoreOptions } from "./fileStore.ts"

const leastBytes = 64 * 1024

const refuse = (option: string, problem: string) => new PostHogConfigError({ option: `spool.${option}`, problem })

/**
 * Checks the options of a spool, and fills in the defaults.
 *
 * @internal
 */
export const validateSpool = (options: SpoolOptions): Effect.Effect<FileStoreOptions, PostHogConfigError> =>
  Effect.suspend((): Effect.Effect<FileStoreOptions, PostHogConfigError> => {
    const { directory, durability = "process", maxBytes = 256 * 1024 * 1024 } = options
    const horizon = Duration.fromInput(options.horizon ?? Duration.days(7))
    if (typeof directory !== "string" || directory.trim() === "") {
      return refuse("directory", "must be the path of a folder")
    }
    if (durability !== "process" && durability !== "machine") {
      return refuse("durability", `must be "process" or "machine"`)
    }
    if (!Number.isSafeInteger(maxBytes) || maxBytes < leastBytes) {
      return refuse("maxBytes", `must be an integer of at least ${leastBytes}`)
    }
    if (horizon._tag === "None" || Duration.toMillis(horizon.value) <= 0) {
      return refuse("horizon", "must be a duration above zero")
    }
    return Effect.succeed({
      directory: directory.replace(/(?<=.)[/\\]+$/, ""),
      durability,
      maxBytes,
      horizon: horizon.value
    })
  })
