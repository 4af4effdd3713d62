/**
 * A capture endpoint in a process of its own. It answers at once and looks into the bodies only when it is asked what
 * arrived, so that its work does not compete with the client that is measured.
 */
import { createServer } from "node:http"
import { gunzipSync } from "node:zlib"

let bodies: Array<{ readonly gzip: boolean; readonly bytes: Buffer }> = []

const received = () => {
  const uuids = new Set<string>()
  let events = 0
  let bytes = 0
  for (const body of bodies) {
    bytes += body.bytes.length
    const text = (body.gzip ? gunzipSync(body.bytes) : body.bytes).toString()
    for (const event of JSON.parse(text).batch) {
      events++
      uuids.add(event.uuid)
    }
  }
  return { requests: bodies.length, events, unique: uuids.size, bytes }
}

const server = createServer((request, response) => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => {
    if (request.method === "GET") {
      response.end(JSON.stringify(received()))
      bodies = []
      return
    }
    if (process.env["SINK_FORGETS"] === undefined) {
      bodies.push({ gzip: request.headers["content-encoding"] === "gzip", bytes: Buffer.concat(chunks) })
    }
    response.setHeader("content-type", "application/json")
    response.end("{\"status\":1}")
  })
})

server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  process.send?.(typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}` : "")
})
