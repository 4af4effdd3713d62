import { ErrorCode, GeneralError, OpenFeatureEventEmitter, ProviderFatalError } from "@openfeature/server-sdk"
import type { EvaluationContext, Provider, ResolutionDetails, TrackingEventDetails } from "@openfeature/server-sdk"
import { Decider, Events, LocalEvaluator, PostHogConfig } from "effect-posthog"
import type { PostHog } from "effect-posthog"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { ProviderOptions } from "../ProviderOptions.ts"
import type { Client, ClientSource } from "./client.ts"
import type { Health } from "./definitionEvents.ts"
import { watch } from "./definitionEvents.ts"
import type { Kind, ValueOf } from "./flagValue.ts"
import { annotated } from "./logging.ts"
import { failed, resolve } from "./resolve.ts"
import type { Settings } from "./settings.ts"
import { validate } from "./settings.ts"
import { makeStop } from "./stop.ts"
import type { Stop } from "./stop.ts"
import { messageOf } from "./tracking.ts"

/** The time between `initialize` and `onClose`. */
interface Session {
  readonly client: Client
  readonly stop: Stop
}

const ignore = (): void => {}

// What the promises of a client reject with is an error of ours whose message holds no secret.
const reasonOf = (error: unknown): string => error instanceof Error ? error.message : "The client is unavailable"

const stoppedWhileWaiting = Effect.fail(new GeneralError("the provider was closed before it was ready"))

const definitionsWithin = (duration: Duration.Duration): Effect.Effect<void, GeneralError, PostHog.Services> =>
  Effect.catchAll(LocalEvaluator.readyWithin(duration), (error) =>
    Effect.flatMap(Decider, ({ enabled }) =>
      enabled
        ? annotated(Effect.logWarning(`${error.message}. Until they are, each resolution asks PostHog.`))
        : Effect.fail(new GeneralError(error.message))))

const start = ({ readyWithin }: Settings, { stop }: Session): Effect.Effect<void, GeneralError, PostHog.Services> =>
  Effect.raceFirst(
    definitionsWithin(readyWithin),
    Effect.zipRight(stop.done, stoppedWhileWaiting)
  )

// Flushes what the queue holds, and waits for tracking events that are on their way there.
const finish = (pending: ReadonlySet<Promise<unknown>>): Effect.Effect<void, never, PostHog.Services> =>
  Effect.flatMap(Effect.serviceOption(PostHogConfig), (config) =>
    Effect.promise(() => Promise.all(pending)).pipe(
      Effect.zipRight(Events.flush),
      Effect.timeoutOption(
        Option.match(config, {
          onNone: () => Duration.seconds(30),
          onSome: ({ events }) => events.shutdownTimeout
        })
      ),
      Effect.asVoid
    ))

/**
 * The provider over a client of any origin.
 *
 * The SDK emits READY and ERROR around `initialize` itself, so this provider emits neither of them there.
 *
 * @internal
 */
export const makeProvider = (source: ClientSource, options: ProviderOptions) => {
  const settings = validate(options)
  const events = new OpenFeatureEventEmitter()
  const pending = new Set<Promise<unknown>>()
  let session: Session | undefined
  let closing: Promise<void> | undefined
  let hadDefect = false

  const currentClient = (): Client | undefined => session?.client ?? source.lent

  const onDefect = (defect: unknown): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (hadDefect) return Effect.void
      hadDefect = true
      return annotated(Effect.logError("A flag could not be resolved; further ones are not logged", defect))
    })

  const resolveAs = <K extends Kind>(kind: K) =>
  (
    key: string,
    defaultValue: ValueOf<K>,
    context: EvaluationContext | undefined
  ): Promise<ResolutionDetails<ValueOf<K>>> => {
    const notReady = (message: string) => failed(defaultValue, ErrorCode.PROVIDER_NOT_READY, message)
    if (Either.isLeft(settings)) return Promise.resolve(notReady(settings.left))
    const client = currentClient()
    if (client === undefined) return Promise.resolve(notReady("the provider is not initialized"))
    return client.run(resolve({ kind, key, defaultValue, settings: settings.right, onDefect }, context))
      .catch((error: unknown) => notReady(reasonOf(error)))
  }

  const watchFrom = (health: Health, { client, stop }: Session, { staleAfter }: Settings): void =>
    void client.run(watch({ events, stop }, health, staleAfter)).catch(ignore)

  const open = (): Either.Either<Client, unknown> => Either.try({ try: source.open, catch: (error) => error })

  const initialize = (): Promise<void> => {
    if (Either.isLeft(settings)) return Promise.reject(new ProviderFatalError(settings.left))
    session?.stop.now()
    const before = session?.client
    const client = before === undefined ? open() : Either.right(before)
    if (Either.isLeft(client)) return Promise.reject(new ProviderFatalError(reasonOf(client.left)))
    const current: Session = { client: client.right, stop: makeStop() }
    session = current
    closing = undefined
    return current.client.run(start(settings.right, current)).then(
      () => watchFrom("ready", current, settings.right),
      (error: unknown) => {
        if (!(error instanceof GeneralError)) throw new ProviderFatalError(reasonOf(error))
        if (session === current) watchFrom("error", current, settings.right)
        throw error
      }
    )
  }

  const close = (): Promise<void> => {
    session?.stop.now()
    const opened = session?.client
    session = undefined
    if (source.lent === undefined) return opened === undefined ? Promise.resolve() : source.close(opened)
    // A client that is closed has delivered what it had.
    return source.lent.run(finish(pending)).catch(ignore)
  }

  const track = (name: string, context: EvaluationContext, details: TrackingEventDetails): void => {
    const client = currentClient()
    if (Either.isLeft(settings) || client === undefined) return
    if (typeof name !== "string" || name === "") {
      void client.run(annotated(Effect.logDebug("A tracking event without a name is ignored"))).catch(ignore)
      return
    }
    const captured = client.capture(messageOf(name, context, details, settings.right)).catch(ignore)
    pending.add(captured)
    void captured.then(() => pending.delete(captured))
  }

  return {
    metadata: { name: "effect-posthog" },
    runsOn: "server" as const,
    events,
    initialize,
    onClose: () => closing ??= close(),
    track,
    resolveBooleanEvaluation: resolveAs("boolean"),
    resolveStringEvaluation: resolveAs("string"),
    resolveNumberEvaluation: resolveAs("number"),
    // A payload decides what it is: the caller's type is a promise of the caller.
    resolveObjectEvaluation: resolveAs("object") as Provider["resolveObjectEvaluation"]
  }
}
