const key = "is apiKey the project API key (phc_…) of a project in that region?"
const network = "does this machine have a network, and may it reach PostHog?"
const certificate = "does a proxy inspect the traffic? Node.js trusts its certificate with NODE_EXTRA_CA_CERTS"
const clock = "is the clock of this machine right?"
const scheme = "does host begin with https where it should be http, or the other way around?"
const between = "does a proxy or a sign-in page answer in its place?"
const place = "is that a PostHog host, such as https://us.i.posthog.com or https://eu.i.posthog.com?"

/**
 * What to look at when something answers that is not PostHog.
 *
 * @internal
 */
export const notPostHog = `${place} Or ${between}`

const byStatus: Readonly<Record<number, string>> = {
  401: key,
  403: `${key} May this machine reach PostHog?`,
  404: `${place} A self-hosted PostHog below a path needs the path in host`,
  405: place,
  407: "a proxy in between asks for credentials",
  413: "a proxy in between may allow smaller requests than PostHog does"
}

/**
 * What an operator should look at when an answer has this status, whatever was asked with the project API key.
 *
 * @internal
 */
export const hintOfStatus = (status: number | undefined): string | undefined =>
  status === undefined
    ? undefined
    : status >= 300 && status < 400
    ? "a redirect, which is not followed: set host to where it leads"
    : byStatus[status]

const byCode: Readonly<Record<string, string>> = {
  ENOTFOUND: `its name does not resolve: is host right? ${network}`,
  EAI_AGAIN: `its name does not resolve at the moment: ${network}`,
  ECONNREFUSED: "nothing listens there: are host and its port right?",
  EHOSTUNREACH: network,
  ENETUNREACH: network,
  ENETDOWN: network,
  ETIMEDOUT: network,
  UND_ERR_CONNECT_TIMEOUT: network,
  CERT_NOT_YET_VALID: clock,
  CERT_HAS_EXPIRED: clock,
  ERR_TLS_CERT_ALTNAME_INVALID: `its certificate is for another host: ${between}`,
  DEPTH_ZERO_SELF_SIGNED_CERT: certificate,
  SELF_SIGNED_CERT_IN_CHAIN: certificate,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: certificate,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: certificate,
  EPROTO: scheme,
  ERR_SSL_WRONG_VERSION_NUMBER: scheme
}

/**
 * What an operator should look at when the platform fails with this code.
 *
 * @internal
 */
export const hintOfCode = (code: string | undefined): string | undefined =>
  code === undefined || !Object.hasOwn(byCode, code) ? undefined : byCode[code]
