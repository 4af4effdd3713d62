import { once } from "node:events"
import { createServer } from "node:http"
import type { ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { gunzip } from "node:zlib"

/** What an unreliable server says. */
export interface UnreliableScript {
  /** Definitions documents: they take turns, every other answer being the same as the one before. */
  readonly turns: ReadonlyArray<unknown>
  /** The answer of the flags endpoint, when it gives one. */
  readonly flags: unknown
}

/** What an unreliable server took in: counted, not kept. */
export interface Taken {
  readonly definitions: number
  readonly flags: number
  readonly events: number
}

/**
 * PostHog's endpoints as a bad day has them: definitions change all the time, the flags endpoint answers with errors,
 * cuts connections, stays silent and breaks its JSON, and some batches are refused at first.
 */
export const serveUnreliable = async (script: UnreliableScript): Promise<{ readonly port: number }> => {
  const documents = script.turns.map((document) => Buffer.from(JSON.stringify(document)))
  const flags = Buffer.from(JSON.stringify(script.flags))
  const taken = { definitions: 0, flags: 0, batches: 0, events: 0 }

  const send = (
    response: ServerResponse,
    status: number,
    body: Buffer | string,
    headers: Record<string, string> = {}
  ) => {
    response.writeHead(status, { "content-type": "application/json", ...headers })
    response.end(body)
  }

  const sendDefinitions = (response: ServerResponse, known: string | undefined) => {
    const turn = Math.floor(taken.definitions++ / 2) % documents.length
    const etag = `W/"turn-${turn}"`
    if (known === etag) {
      response.writeHead(304, { etag })
      response.end()
    } else if (taken.definitions % 13 === 0) send(response, 503, "{}")
    else send(response, 200, documents[turn] ?? "{}", { etag })
  }

  const sendFlags = (response: ServerResponse) => {
    const number = ++taken.flags
    if (number % 40 === 0) return
    if (number % 7 === 0) response.destroy()
    else if (number % 5 === 0) send(response, 503, "{}")
    else if (number % 11 === 0) send(response, 200, flags.subarray(0, flags.length / 2))
    else send(response, 200, flags)
  }

  const take = (response: ServerResponse, body: Buffer) => {
    if (++taken.batches % 50 === 0) return send(response, 503, "{}")
    gunzip(body, (error, text) => {
      if (error !== null) return send(response, 400, "{}")
      taken.events += text.toString("latin1").split(`"uuid":`).length - 1
      send(response, 200, `{"status":1}`)
    })
  }

  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const path = request.url ?? ""
    const chunks: Array<Buffer> = []
    request.on("error", () => {})
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      if (path.startsWith("/flags/definitions")) sendDefinitions(response, request.headers["if-none-match"])
      else if (path.startsWith("/flags")) sendFlags(response)
      else if (path.startsWith("/received")) {
        const { definitions, events, flags } = taken
        send(response, 200, JSON.stringify({ definitions, events, flags }))
      } else take(response, Buffer.concat(chunks))
    })
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return { port: (server.address() as AddressInfo).port }
}
