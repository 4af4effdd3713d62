/**
 * The validated configuration of one PostHog project.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { validate } from "./internal/settings.ts"
import type { Options, Settings } from "./Options.ts"
import type { PostHogConfigError } from "./PostHogConfigError.ts"

/**
 * The validated configuration. Every service takes what it needs from it once, when its layer is built.
 *
 * @since 0.1.0
 * @category tags
 */
export class PostHogConfig extends Context.Tag("effect-posthog/PostHogConfig")<PostHogConfig, Settings>() {
  /**
   * Validates options. Fails with `PostHogConfigError` for the first option that cannot be used: an empty API key (of
   * an enabled client), a host that is no http(s) URL, a secret that is a project key, a size below one, a compression
   * the protocol does not have.
   *
   * @since 0.1.0
   * @category layers
   */
  static readonly layer = (options: Options): Layer.Layer<PostHogConfig, PostHogConfigError> =>
    Layer.effect(PostHogConfig, validate(options))

  /**
   * The configuration of a client that does nothing.
   *
   * @since 0.1.0
   * @category layers
   */
  static readonly layerDisabled: Layer.Layer<PostHogConfig> = Layer.effect(
    PostHogConfig,
    // These options are valid: without a key is how a disabled client runs.
    Effect.orDie(validate({ apiKey: Redacted.make(""), enabled: false }))
  )
}
