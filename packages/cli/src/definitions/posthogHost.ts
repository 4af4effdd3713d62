import * as Either from "effect/Either"

/** PostHog Cloud in the United States, where projects are unless their owner chose the European Union. */
export const defaultHost = "https://us.i.posthog.com"

// The addresses of the web application, which people copy from their browser, do not serve flags.
const ingestionHosts: Readonly<Record<string, string>> = {
  "app.posthog.com": defaultHost,
  "us.posthog.com": defaultHost,
  "eu.posthog.com": "https://eu.i.posthog.com"
}

/** The base of the addresses of a host as people write it, without a slash at the end; or what is wrong with it. */
export const posthogHost = (written: string): Either.Either<string, string> => {
  const text = written.trim()
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`
  let url: URL
  try {
    url = new URL(withScheme)
  } catch {
    return Either.left("it is not a URL, such as https://eu.i.posthog.com")
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") return Either.left("it is not an http or https URL")
  if (url.username !== "" || url.password !== "") return Either.left("it contains credentials")
  if (url.search !== "" || url.hash !== "") return Either.left("it has a query or a fragment")
  return Either.right(ingestionHosts[url.host] ?? `${url.origin}${url.pathname.replace(/\/+$/, "")}`)
}
