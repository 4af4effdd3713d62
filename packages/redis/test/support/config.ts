import { PostHogConfig } from "effect-posthog"
import type * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { randomUUID } from "node:crypto"

type Options = Parameters<typeof PostHogConfig.layer>[0]

const secretKey = "phs_the_secret_of_tests"

/** Each project has keys of its own in Redis. */
export const newProject = (): string => `phc_${randomUUID()}`

export const configOf = (project: string, more: Partial<Options> = {}): Layer.Layer<PostHogConfig> =>
  PostHogConfig.layer({
    apiKey: Redacted.make(project),
    secretKey: Redacted.make(secretKey),
    host: "https://posthog.test",
    ...more
  }) as Layer.Layer<PostHogConfig>
