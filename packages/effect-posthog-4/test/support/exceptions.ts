// Generated from packages/effect-posthog/test/support/exceptions.ts by packages/tools/editions.mjs: change that file, not this one.
import { PostHogTest } from "@effect-posthog/testkit"
import { Effect } from "effect"
import type { PostHogEvent } from "effect-posthog-4"

export interface Frame {
  readonly platform: string
  readonly filename: string
  readonly function: string
  readonly lineno?: number
  readonly colno?: number
  readonly in_app: boolean
  readonly synthetic?: boolean
  readonly chunk_id?: string
  readonly context_line?: string
  readonly pre_context?: ReadonlyArray<string>
  readonly post_context?: ReadonlyArray<string>
}

export interface Entry {
  readonly type: string
  readonly value: string
  readonly mechanism: Readonly<Record<string, unknown>>
  readonly stacktrace?: { readonly type: string; readonly frames: ReadonlyArray<Frame> }
}

export const listOf = (event: PostHogEvent | undefined): ReadonlyArray<Entry> =>
  (event?.properties["$exception_list"] ?? []) as ReadonlyArray<Entry>

export const framesOf = (event: PostHogEvent | undefined, index = 0): ReadonlyArray<Frame> =>
  listOf(event)[index]?.stacktrace?.frames ?? []

export const mechanismOf = (event: PostHogEvent | undefined, index = 0): Readonly<Record<string, unknown>> =>
  listOf(event)[index]?.mechanism ?? {}

/** The exceptions that an effect reported. */
export const exceptions = Effect.map(
  Effect.flatMap(PostHogTest.PostHogTest, (test) => test.events),
  (events) => events.filter(({ event }) => event === "$exception")
)

/** What `$exception` events an effect leads to, whatever its exit. */
export const reportedBy = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.andThen(Effect.exit(effect), exceptions)

export const testLayer = (client: NonNullable<PostHogTest.Options["client"]> = {}) => PostHogTest.layer({ client })

/** An error with this stack. */
export const withStack = <E extends Error>(error: E, stack: string): E => Object.assign(error, { stack })
