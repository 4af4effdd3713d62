import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { print } from "../terminal/output.ts"
import { printable } from "../terminal/printable.ts"
import type { LocalServer, LocalServerOptions } from "./localServer.ts"
import { makeLocalServer } from "./localServer.ts"
import { makePageServer } from "./pageServer.ts"
import { printArrival, printLine } from "./serverLog.ts"

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`

/** Keys that were chosen are not repeated: what was passed as one may be a real one. */
const shownKey = (name: string, key: string, preset: string): string => `${name} ${key === preset ? key : "as given"}`

const announce = (local: LocalServer, options: LocalServerOptions) =>
  Effect.gen(function*() {
    const { compiled, problems } = yield* local.state
    const unreadable = problems === 0 ? "" : `, of which PostHog alone can read ${plural(problems, "part")}`
    yield* print(`Listening on ${local.posthog.url} with ${plural(compiled.size, "flag")}${unreadable}\n`)
    const keys = [
      shownKey("project key", options.projectKey, "phc_test"),
      shownKey("secret key", options.secretKey, "phs_test")
    ]
    yield* print(`Clients use the ${keys.join(" and the ")}\n`)
    if (options.origin._tag === "None") {
      yield* print("No definitions: every flag is unknown until --definitions names some\n")
    }
  })

const printReloads = (local: LocalServer) =>
  Stream.runForEach(local.changes, ({ compiled, kept }) =>
    kept === undefined
      ? printLine("reloaded", plural(compiled.size, "flag"))
      : printLine("kept", `the definitions of before: ${printable(kept)}`))

/** Serves until it is interrupted. */
export const serve = (options: LocalServerOptions & { readonly quiet: boolean }) =>
  Effect.scoped(
    Effect.gen(function*() {
      const local = yield* makeLocalServer(options)
      if (!options.quiet) yield* Effect.forkScoped(Stream.runForEach(local.posthog.arrivals, printArrival))
      yield* Effect.forkScoped(printReloads(local))
      // Subscribed before anybody is told where to connect.
      yield* Effect.yieldNow()
      yield* announce(local, options)
      return yield* Effect.never
    })
  )

/** Serves the page as well, until it is interrupted. */
export const serveWithPage = (options: LocalServerOptions & { readonly pagePort: number }) =>
  Effect.scoped(
    Effect.gen(function*() {
      const local = yield* makeLocalServer(options)
      const page = yield* makePageServer(local, options)
      yield* Effect.forkScoped(printReloads(local))
      yield* announce(local, options)
      yield* print(`The page is at ${page.url}\n`)
      return yield* Effect.never
    })
  )
