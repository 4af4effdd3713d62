// Generated from packages/testkit/src/internal/contract/definitionsEndpoint.ts by packages/tools/editions.mjs: change that file, not this one.
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Effect from "effect/Effect"

interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly etag?: string
}

const document = (keys: ReadonlyArray<string>) => ({
  flags: keys.map((key, index) => ({
    id: index + 1,
    key,
    active: true,
    filters: { groups: [{ properties: [], rollout_percentage: 100 }] }
  })),
  group_type_mapping: {},
  cohorts: {}
})

/**
 * The definitions endpoint without a network: it answers what it was last given, and counts the answers.
 *
 * @internal
 */
export interface DefinitionsEndpoint {
  readonly client: HttpClient.HttpClient
  readonly requests: () => number
  /** The status of each answer so far. */
  readonly statuses: () => ReadonlyArray<number>
  /** From now on: flags with these keys, on for everyone; 304 for a request that knows them. */
  readonly serve: (...keys: ReadonlyArray<string>) => void
  /** From now on: 304, whatever the request says. */
  readonly serveNotModified: () => void
  /** From now on: this status. */
  readonly fail: (status: number) => void
}

// Every document has an ETag of its own, whichever endpoint serves it.
let version = 0

/** @internal */
export const make = (): DefinitionsEndpoint => {
  let answer: Answer = { status: 404 }
  const statuses: Array<number> = []
  return {
    client: HttpClient.make((request) =>
      Effect.sync(() => {
        const known = answer.etag !== undefined && request.headers["if-none-match"] === answer.etag
        const { body, etag, status }: Answer = known ? { status: 304 } : answer
        statuses.push(status)
        const text = body === undefined ? null : JSON.stringify(body)
        return HttpClientResponse.fromWeb(
          request,
          new Response(text, { status, headers: etag === undefined ? {} : { etag } })
        )
      })
    ),
    requests: () => statuses.length,
    statuses: () => [...statuses],
    serve: (...keys) => {
      version++
      answer = { status: 200, body: document(keys), etag: `"v${version}"` }
    },
    serveNotModified: () => {
      answer = { status: 304 }
    },
    fail: (status) => {
      answer = { status, body: {} }
    }
  }
}
