import { once } from "node:events"
import { createServer } from "node:http"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { gzipSync } from "node:zlib"
import { hostileNames } from "./names.ts"
import type { Answering } from "./server.ts"

// A hostile PostHog, in a process of its own, so that what it spends is not counted as the client's.

const json = { "content-type": "application/json" }

const chunk = Buffer.alloc(64 * 1024, " ")

/** More of a body than any client should take, as fast as it is taken. */
const endless = (response: ServerResponse, megabytes: number): void => {
  let left = megabytes * 16
  const more = () => {
    while (left > 0 && !response.destroyed) {
      left -= 1
      if (!response.write(chunk)) {
        response.once("drain", more)
        return
      }
    }
    response.end()
  }
  more()
}

let bomb: Buffer | undefined

const flagsOf = (keys: ReadonlyArray<string>) => Object.fromEntries(keys.map((key) => [key, { key, enabled: true }]))

const names = JSON.stringify({
  flags: flagsOf(hostileNames),
  errorsWhileComputingFlags: true,
  quotaLimited: hostileNames,
  requestId: hostileNames[0]
})

const manyKeys = JSON.stringify({ flags: flagsOf(Array.from({ length: 200_000 }, (_, index) => `f${index}`)) })

const nested = `{"flags":${"[".repeat(1_000_000)}`

const refused = JSON.stringify({ type: "validation_error", code: hostileNames[0], detail: hostileNames.join(" ") })

const answer = (answering: Answering, elsewhere: string, response: ServerResponse): void => {
  switch (answering) {
    case "huge":
      response.writeHead(200, json)
      return endless(response, 200)
    case "bomb":
      bomb ??= gzipSync(Buffer.alloc(300 * 1024 * 1024, " "))
      response.writeHead(200, { ...json, "content-encoding": "gzip", "content-length": bomb.length })
      return void response.end(bomb)
    case "dripping": {
      response.writeHead(200, json)
      const timer = setInterval(() => response.write(" "), 50)
      response.once("close", () => clearInterval(timer))
      return
    }
    case "stalled":
      response.writeHead(200, json)
      return response.flushHeaders()
    case "html":
      response.writeHead(200, { "content-type": "text/html" })
      return void response.end(`<!doctype html><title>Sign in</title>${hostileNames[0]}`)
    case "redirect":
      response.writeHead(307, { location: elsewhere })
      return void response.end()
    case "many keys":
      response.writeHead(200, json)
      return void response.end(manyKeys)
    case "nested":
      response.writeHead(200, json)
      return void response.end(nested)
    case "names":
      response.writeHead(200, json)
      return void response.end(names)
    case "refusal":
      response.writeHead(400, { ...json, "x-request-id": "r".repeat(8000), etag: "e".repeat(4000) })
      return void response.end(refused)
    case "length":
      response.writeHead(200, { ...json, "content-length": "99999999999" })
      return void response.write("{")
    case "reset":
      return void response.socket?.resetAndDestroy()
  }
}

const listen = async (handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> => {
  const server = createServer(handle)
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

let strayed = 0
let largest = 0

const main = async (): Promise<void> => {
  const elsewhere = await listen((request, response) => {
    strayed += 1
    request.resume()
    response.end()
  })
  const url = await listen((request, response) => {
    const path = request.url ?? ""
    if (path === "/counted") return void response.end(JSON.stringify({ strayed, largest }))
    let size = 0
    request.on("data", (data: Buffer) => size += data.length)
    request.once("end", () => {
      largest = Math.max(largest, size)
      // The first part of the path says how to answer.
      const answering = decodeURIComponent(path.split("/")[1] ?? "")
      if (answering === "sound") {
        response.writeHead(200, json)
        return void response.end(JSON.stringify({ status: 1, flags: {} }))
      }
      answer(answering as Answering, elsewhere, response)
    })
    response.once("error", () => {})
  })
  process.send?.({ url })
}

process.once("disconnect", () => process.exit())
void main()
