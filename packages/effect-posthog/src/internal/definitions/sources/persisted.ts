import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { isRecord } from "effect/Predicate"
import { sourceName } from "../../../Definitions.ts"
import type { DefinitionsError, DefinitionsLoad, Loaded } from "../../../Definitions.ts"
import type { DefinitionsSource } from "../../../DefinitionsSource.ts"
import { runInSlices } from "../../eventLoop.ts"
import { annotated } from "../../library.ts"
import { hashAtOnce } from "../fingerprint.ts"
import { parseDocument } from "../parseDocument.ts"
import { refusalOf } from "../refusal.ts"

/** How long the store may take over one operation. */
const patience = "5 seconds"

/** Flags that are written as JSON in one step: about a millisecond of work. */
const stepSize = 200

interface Copy {
  readonly document: unknown
  readonly etag: string | undefined
  readonly savedAt: number
}

const fromHere = annotated("DefinitionsSource")

// A line about the copy, then the document, whose text is the larger part by far.
function* encode({ document, etag, savedAt }: Copy): Generator<void, string> {
  const { flags, ...others } = document as { readonly flags: ReadonlyArray<unknown> }
  const portions: Array<string> = []
  for (let from = 0; from < flags.length; from += stepSize) {
    if (from > 0) yield
    portions.push(JSON.stringify(flags.slice(from, from + stepSize)).slice(1, -1))
  }
  const rest = JSON.stringify(others).slice(1)
  return `${JSON.stringify({ savedAt, etag })}\n{"flags":[${portions.join(",")}]${rest === "}" ? "" : ","}${rest}`
}

function* decode(text: string): Generator<void, Option.Option<Copy>> {
  const end = text.indexOf("\n")
  const about = yield* parseDocument([text.slice(0, Math.max(0, end))])
  const document = yield* parseDocument([text.slice(end + 1)])
  if (Either.isLeft(about) || Either.isLeft(document) || !isRecord(about.right)) return Option.none()
  const { etag, savedAt } = about.right
  if (typeof savedAt !== "number" || refusalOf(document.right) !== undefined) return Option.none()
  return Option.some({ document: document.right, etag: typeof etag === "string" ? etag : undefined, savedAt })
}

/**
 * Keeps the newest document of a source in a store, one for each project, and falls back on it while nothing has been
 * loaded. The store is never waited for longer than a few seconds, and its failures are only logged.
 *
 * @internal
 */
export const persistedDefinitions = (
  source: typeof DefinitionsSource.Service,
  project: { readonly host: string; readonly apiKey: string }
): Effect.Effect<typeof DefinitionsSource.Service, never, KeyValueStore.KeyValueStore> =>
  Effect.map(KeyValueStore.KeyValueStore, (store) => persistedIn(store, source, project))

const persistedIn = (
  store: KeyValueStore.KeyValueStore,
  source: typeof DefinitionsSource.Service,
  project: { readonly host: string; readonly apiKey: string }
): typeof DefinitionsSource.Service => {
  if (source.name === "none") return source
  const key = `flag-definitions-${hashAtOnce([project.host, project.apiKey]).toString(36)}`
  // Until definitions, the copy included, are installed for the first time, or are forbidden by the quota.
  let isStarting = true

  const guarded = <A, E>(
    what: "read" | "written" | "removed",
    effect: Effect.Effect<A, E>
  ): Effect.Effect<Option.Option<A>> =>
    effect.pipe(
      Effect.disconnect,
      Effect.interruptible,
      Effect.timeout(patience),
      Effect.asSome,
      Effect.catchAllCause((cause) =>
        Effect.as(
          fromHere(Effect.logWarning(`The stored copy of the flag definitions could not be ${what}`, cause)),
          Option.none()
        )
      )
    )

  const write = Effect.fnUntraced(function*(loaded: Loaded) {
    const savedAt = loaded.staleSince ?? (yield* Clock.currentTimeMillis)
    const text = yield* runInSlices(() => encode({ document: loaded.document, etag: loaded.etag, savedAt }))
    yield* store.set(key, text)
  })

  const read = Effect.flatMap(
    Effect.suspend(() => store.get(key)),
    Option.match({ onNone: () => Effect.succeedNone, onSome: (text) => runInSlices(() => decode(text)) })
  )

  const marked = (loaded: Loaded, afterwards: Effect.Effect<unknown>): Loaded => ({
    ...loaded,
    onInstalled: Effect.suspend(() => {
      isStarting = false
      return Effect.zipRight(loaded.onInstalled ?? Effect.void, Effect.asVoid(afterwards))
    })
  })

  const fallback = (failure: DefinitionsError): Effect.Effect<DefinitionsLoad, DefinitionsError> =>
    Effect.flatMap(
      Effect.map(guarded("read", read), Option.flatten),
      Option.match({
        onNone: () => Effect.fail(failure),
        onSome: ({ document, etag, savedAt }) =>
          Effect.succeed(marked({ _tag: "Loaded", document, etag, staleSince: savedAt, failure }, Effect.void))
      })
    )

  const accept = (answer: DefinitionsLoad): Effect.Effect<DefinitionsLoad, DefinitionsError> => {
    if (answer._tag !== "Loaded") return Effect.succeed(answer)
    const refused = refusalOf(answer.document)
    return refused === undefined
      ? Effect.succeed(marked(answer, guarded("written", write(answer))))
      : Effect.fail(refused)
  }

  const load = (etag: string | undefined): Effect.Effect<DefinitionsLoad, DefinitionsError> =>
    source.load(etag).pipe(
      Effect.flatMap(accept),
      Effect.catchAll((failure) => {
        if (failure.reason !== "QuotaLimited") return isStarting ? fallback(failure) : Effect.fail(failure)
        isStarting = false
        // What the quota forbids now must not come back with the next start.
        return Effect.zipRight(guarded("removed", Effect.suspend(() => store.remove(key))), Effect.fail(failure))
      })
    )
  return { name: `${sourceName(source)}, stored`, origin: source.origin, load, changed: source.changed }
}
