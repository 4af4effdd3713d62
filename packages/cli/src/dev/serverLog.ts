import type { Arrival } from "@effect-posthog/testkit/Recording"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { asObject, own } from "../definitions/document.ts"
import type { Output } from "../terminal/output.ts"
import { print } from "../terminal/output.ts"
import { printable, shortJson } from "../terminal/printable.ts"

const longest = 100

const name = (text: string): string => printable(text.length > longest ? `${text.slice(0, longest)}…` : text)

/** One line with the time, safe for terminals. */
export const printLine = (subject: string, text: string): Effect.Effect<void, never, Output> =>
  Effect.flatMap(
    DateTime.now,
    (now) => print(`${DateTime.formatIso(now).slice(11, 19)} ${subject.padEnd(11)} ${text}\n`)
  )

/** A line for what arrived at a local server. */
export const printArrival = (arrival: Arrival): Effect.Effect<void, never, Output> => {
  if (arrival._tag === "Event") {
    const { distinct_id, event, properties } = arrival.event
    return printLine("event", `${name(event)} ${name(distinct_id)} ${shortJson(properties, 1000)}`)
  }
  const { body, endpoint, method, path, status } = arrival.request
  const code = Option.getOrElse(status, () => 0)
  switch (endpoint) {
    case "flags":
      return printLine("flags", `${code} ${name(String(own(asObject(body), "distinct_id") ?? ""))}`)
    case "definitions":
      return printLine("definitions", String(code))
    case "other":
      return printLine("unknown", `${code} ${name(method)} ${name(path)}`)
    default:
      // What was accepted has been printed event by event.
      return code === 200 ? Effect.void : printLine(endpoint, String(code))
  }
}
