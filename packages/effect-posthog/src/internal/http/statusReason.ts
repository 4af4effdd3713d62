/** What went wrong, by the status of an answer. */
type StatusReason = "Unauthorized" | "QuotaLimited" | "Forbidden" | "RateLimited" | "ApiError"

const reasons: Readonly<Record<number, StatusReason>> = {
  401: "Unauthorized",
  402: "QuotaLimited",
  403: "Forbidden",
  429: "RateLimited"
}

/**
 * What the status of an endpoint that takes the secret key means.
 *
 * @internal
 */
export const reasonOfStatus = (status: number): StatusReason => reasons[status] ?? "ApiError"
