import { once } from "node:events"
import { createServer } from "node:http"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { gunzipSync } from "node:zlib"

/** What the server says: fixed before it starts, so that answering costs it next to nothing. */
export interface Script {
  /** The definitions document. */
  readonly definitions: unknown
  /** The answer of the flags endpoint. */
  readonly flags: unknown
}

/** What a sink took in. */
export interface Received {
  readonly requests: number
  readonly bytes: number
  readonly events: number
  /** Events less those that arrived with an identifier that had arrived before. */
  readonly distinctEvents: number
}

/**
 * PostHog's endpoints on a loopback port, in the process that calls this: definitions and flags from a script, a sink
 * for events that answers at once and counts when it is asked.
 */
export const serve = async (script: Script): Promise<{ readonly port: number; readonly close: () => void }> => {
  const answers = {
    definitions: Buffer.from(JSON.stringify(script.definitions)),
    flags: Buffer.from(JSON.stringify(script.flags)),
    taken: Buffer.from(JSON.stringify({ status: 1 }))
  }
  let batches: Array<{ readonly gzip: boolean; readonly body: Buffer }> = []

  const send = (response: ServerResponse, body: Buffer) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length })
    response.end(body)
  }

  const answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => {
    const path = request.url ?? ""
    if (path.startsWith("/flags/definitions")) return send(response, answers.definitions)
    if (path.startsWith("/flags")) return send(response, answers.flags)
    if (path.startsWith("/received")) {
      const received = count(batches)
      batches = []
      return send(response, Buffer.from(JSON.stringify(received)))
    }
    batches.push({ gzip: request.headers["content-encoding"] === "gzip" || path.includes("compression=gzip"), body })
    return send(response, answers.taken)
  }

  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => answer(request, response, Buffer.concat(chunks)))
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close()
      server.closeAllConnections()
    }
  }
}

const count = (batches: ReadonlyArray<{ readonly gzip: boolean; readonly body: Buffer }>): Received => {
  const identifiers = new Set<unknown>()
  let events = 0
  let bytes = 0
  for (const { body, gzip } of batches) {
    const parsed: unknown = JSON.parse((gzip ? gunzipSync(body) : body).toString())
    const batch = (parsed as { readonly batch?: ReadonlyArray<{ readonly uuid?: unknown }> }).batch ?? []
    bytes += body.length
    events += batch.length
    for (const { uuid } of batch) identifiers.add(uuid)
  }
  return { requests: batches.length, bytes, events, distinctEvents: identifiers.size }
}
