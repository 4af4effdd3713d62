// Generated from packages/effect-posthog/src/internal/transport/serverWords.ts by packages/tools/editions.mjs: change that file, not this one.
import { isObject as isRecord } from "effect/Predicate"

const longest = 200

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

// What a parser quotes are the values that it could not read.
const withoutValues = (text: string): string =>
  text.replace(/"(?:[^"\\]|\\.)*"?/g, "\"…\"").replace(/`[^`]*\d[^`]*`/g, "`…`")

/**
 * A sentence of a server's, ready to be shown: bounded, without the values and the key that it may repeat.
 *
 * @internal
 */
export const shownWords = (text: string, apiKey: string): string => {
  const words = withoutValues(text.slice(0, 2 * longest).replace(/\s+/g, " ").trim())
  return (apiKey === "" ? words : words.replaceAll(apiKey, "<redacted>")).slice(0, longest)
}

/**
 * What a server says about its refusal, from the fields in which PostHog says it; `undefined` for pages of other servers.
 *
 * @internal
 */
export const wordsOfRefusal = (body: string, apiKey: string): string | undefined => {
  const text = body.trim()
  if (text === "" || text.startsWith("<")) return undefined
  const answer = parse(text)
  const parts = isRecord(answer)
    ? [answer["error"], answer["error_description"], answer["code"], answer["detail"]].filter((part) =>
      typeof part === "string" && part !== ""
    )
    // A sentence; a bare word says no more than the status.
    : answer === undefined && /\s/.test(text)
    ? [text]
    : []
  const words = parts.map((part) => shownWords(String(part), apiKey)).join(": ")
  return words === "" ? undefined : words.slice(0, longest)
}
