// Generated from packages/testkit/src/internal/server/answer.ts by packages/tools/editions.mjs: change that file, not this one.
import type { Endpoint } from "../../Recording.ts"

/**
 * What goes back to the client when nothing breaks on the way.
 *
 * @internal
 */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

const encoder = new TextEncoder()

/** @internal */
export const empty = (status: number, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers,
  body: new Uint8Array(0)
})

/** @internal */
export const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer =>
  jsonText(status, JSON.stringify(value), headers)

/** @internal */
export const jsonText = (status: number, text: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: encoder.encode(text)
})

/** @internal */
export const isSuccess = (status: number): boolean => status >= 200 && status < 300

const eventsErrors: Readonly<Record<number, readonly [tag: string, description: string]>> = {
  400: ["request_parsing_error", "The request could not be parsed"],
  401: ["missing_authorization", "The project key is missing or wrong"],
  402: ["billing_limit_exceeded", "The project is over its quota"],
  408: ["body_read_timeout", "The body did not arrive in time"],
  413: ["payload_too_large", "The body is too large"],
  415: ["unsupported_content_type", "The content type or encoding is not supported"],
  500: ["internal_error", "The server failed"],
  503: ["service_unavailable", "The service is not available"],
  504: ["gateway_timeout", "A service behind this one did not answer in time"]
}

const flagsErrors: Readonly<Record<number, readonly [type: string, code: string]>> = {
  400: ["validation_error", "invalid_input"],
  401: ["authentication_error", "authentication_failed"],
  402: ["quota_limited", "payment_required"],
  403: ["authentication_error", "permission_denied"],
  429: ["throttled_error", "throttled"]
}

/**
 * An error in the form of its endpoint. The tag is the word for it where that is not the usual one for the status.
 *
 * @internal
 */
export const error = (
  endpoint: Endpoint | "other",
  status: number,
  detail?: string,
  headers?: Readonly<Record<string, string>>,
  tag?: string
): Answer => {
  switch (endpoint) {
    case "events": {
      const [usualTag, description] = eventsErrors[status] ?? ["server_error", "The request failed"]
      return json(status, {
        error: tag ?? usualTag,
        error_description: detail ?? description,
        error_uri: "https://posthog.com/docs/api/capture"
      }, headers)
    }
    case "flags":
    case "definitions":
    case "remoteConfig": {
      const [type, code] = flagsErrors[status] ?? ["server_error", "error"]
      return json(status, { type, code, detail: detail ?? "The request failed", attr: null }, headers)
    }
    default:
      return json(status, { error: detail ?? "Server error" }, headers)
  }
}
