// PostHog as the fleet sees it: definitions with an ETag, and events.
import { createHash } from "node:crypto"
import { once } from "node:events"
import { createServer } from "node:http"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { gunzipSync } from "node:zlib"
import { exposureKey, instanceHeader } from "./Assignment.ts"

interface Fetch {
  readonly instance: number
  readonly status: 200 | 304
  readonly at: number
}

interface Exposure {
  readonly key: string
  readonly at: number
}

interface SentEvent {
  readonly event: string
  readonly distinct_id?: string
  readonly properties: Readonly<Record<string, unknown>>
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  return (body[0] === 0x1f ? gunzipSync(body) : body).toString()
}

export class FleetEndpoint {
  readonly fetches: Array<Fetch> = []
  readonly exposures: Array<Exposure> = []
  private readonly server = createServer((request, response) => {
    this.answer(request, response).catch(() => response.destroy())
  })
  private document = ""
  private etag = ""

  serve(document: unknown): void {
    this.document = JSON.stringify(document)
    this.etag = `"${createHash("sha1").update(this.document).digest("hex")}"`
  }

  async listen(): Promise<string> {
    this.server.listen(0, "127.0.0.1")
    await once(this.server, "listening")
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  close(): void {
    this.server.closeAllConnections()
    this.server.close()
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === "GET") {
      const status = request.headers["if-none-match"] === this.etag ? 304 : 200
      this.fetches.push({ instance: Number(request.headers[instanceHeader]), status, at: Date.now() })
      response.writeHead(status, { etag: this.etag, "content-type": "application/json" })
      response.end(status === 304 ? undefined : this.document)
      return
    }
    const { batch = [] } = JSON.parse(await bodyOf(request)) as { readonly batch?: ReadonlyArray<SentEvent> }
    for (const { distinct_id: distinctId, event, properties } of batch) {
      if (event !== "$feature_flag_called") continue
      const { $feature_flag: flag, $feature_flag_response: value, distinct_id: inside } = properties
      this.exposures.push({ key: exposureKey(distinctId ?? inside, flag, value), at: Date.now() })
    }
    response.writeHead(200, { "content-type": "application/json" })
    response.end("{\"status\":1}")
  }
}
