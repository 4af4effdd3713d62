import { causes } from "./request.ts"

/**
 * What a request held that its failure must not show.
 *
 * @internal
 */
export interface Withheld {
  readonly secrets: ReadonlyArray<string>
  /** The JSON that was sent. */
  readonly body: string
}

/** A failure as it may be shown. */
interface Scrubbed extends Error {
  /** The code of the platform or the operating system, such as `ECONNREFUSED`. */
  readonly code?: string | undefined
}

/** Longer messages are cut. */
const longest = 300

/** Longer messages, such as pages of a proxy, are not shown: looking for every text of the request in one takes long. */
const longestSearched = 2000

/** Shorter texts identify nothing, and stand in words that do not come from the request. */
const shortest = 4

/** Texts looked for at most, and the body they are looked for in: a larger request shows no message at all. */
const mostTexts = 5000
const largestBody = 256 * 1024

const redacted = "<redacted>"

// Those of the operating system, of Node.js, of undici and of OpenSSL.
const codePattern =
  /^(?=.{3,60}$)(E[A-Z0-9]+|E[A-Z]+_[A-Z_]+|UND_ERR_[A-Z0-9_]+|ERR_[A-Z0-9_]+|[A-Z_]*CERT[A-Z_]*|UNABLE_TO_[A-Z_]+)$/

const ourFields = /distinct_id|device_id|person_properties|group_properties|flag_keys_to_evaluate/

// Every key and value, the longest first, so that a text is replaced before its parts are.
const textsOf = (body: string): ReadonlyArray<string> | undefined => {
  if (body.length > largestBody) return undefined
  const texts = new Set<string>()
  const waiting: Array<unknown> = [JSON.parse(body)]
  const add = (text: string) => {
    if (text.length >= shortest) texts.add(text).add(JSON.stringify(text).slice(1, -1))
  }
  while (waiting.length > 0) {
    if (texts.size + waiting.length > mostTexts) return undefined
    const value = waiting.pop()
    if (typeof value === "string" || typeof value === "number") add(String(value))
    if (typeof value !== "object" || value === null) continue
    if (!Array.isArray(value)) Object.keys(value).forEach(add)
    for (const part of Object.values(value)) waiting.push(part)
  }
  return [...texts].sort((a, b) => b.length - a.length)
}

const cleaner = ({ body, secrets }: Withheld): (text: string) => string => {
  const texts = textsOf(body)
  const known = [...secrets.filter((secret) => secret !== ""), ...texts ?? []]
  return (text) => {
    // A body that is quoted in part may end in half of a value.
    if (text.length > longestSearched || ourFields.test(text) || (texts === undefined && !codePattern.test(text))) {
      return redacted
    }
    return known.reduce((rest, secret) => rest.replaceAll(secret, redacted), text).slice(0, longest)
  }
}

/**
 * What may be shown of the failure of a request: names, codes and messages along the chain of causes, without the request
 * that a client's own errors hold, without the keys of the project and without anything of the body.
 *
 * @internal
 */
export const scrub = (error: unknown, withheld: Withheld): Scrubbed => {
  const clean = cleaner(withheld)
  const parts: Array<string> = []
  let code: string | undefined
  for (const current of causes(error)) {
    // The message of a client error names the method and the URL.
    const text = "request" in current ? current["description"] : current["message"]
    const labels = [current["name"], current["reason"], current["code"], text]
      .filter((part): part is string => typeof part === "string" && part !== "")
      .map(clean)
    if (labels.length > 0) parts.push([...new Set(labels)].join(" "))
    const known = current["code"]
    if (typeof known === "string" && codePattern.test(known) && clean(known) === known) code ??= known
  }
  const scrubbed = new Error(parts.join(": "))
  scrubbed.name = "RemoteFailure"
  delete scrubbed.stack
  return code === undefined ? scrubbed : Object.assign(scrubbed, { code })
}
