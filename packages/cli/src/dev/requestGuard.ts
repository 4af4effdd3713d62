/** A request that is not from the page itself, and the status that it gets. */
export interface Refusal {
  readonly status: 403 | 415
  readonly message: string
}

const names = ["127.0.0.1", "localhost", "[::1]"]

/**
 * Refuses what other web sites can make a browser send here. A site whose name was made to resolve to this machine gives
 * itself away by `Host`, any other by `Origin`; and only JSON changes anything, which other sites may not send unasked.
 */
export const refuse = (
  method: string,
  headers: Readonly<Record<string, string | undefined>>,
  port: number
): Refusal | undefined => {
  const hosts = names.map((name) => `${name}:${port}`)
  if (!hosts.includes((headers["host"] ?? "").toLowerCase())) {
    return { status: 403, message: "This page answers to the names of this machine only." }
  }
  const origin = headers["origin"]
  if (origin !== undefined && !hosts.some((host) => origin.toLowerCase() === `http://${host}`)) {
    return { status: 403, message: "This page answers to itself only." }
  }
  const site = headers["sec-fetch-site"]
  if (site === "cross-site" || site === "same-site") {
    // Following a link to the page is fine; anything else from another site is not.
    if (method !== "GET" || headers["sec-fetch-mode"] !== "navigate") {
      return { status: 403, message: "This page answers to itself only." }
    }
  }
  if (method === "GET" || method === "HEAD") return undefined
  return /^application\/json\s*(;|$)/i.test(headers["content-type"] ?? "")
    ? undefined
    : { status: 415, message: "Requests that change something are JSON." }
}
