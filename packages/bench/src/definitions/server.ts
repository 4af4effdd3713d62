/**
 * Serves definitions from a process of its own, so that making them costs the measured process nothing. Every request
 * gets the next revision. Prints its port.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { definitionsDocument } from "./document.ts"

const count = Number(process.argv[2])
const bodies = Array.from({ length: 10 }, (_, revision) => JSON.stringify(definitionsDocument(count, revision)))
let requests = 0

const server = createServer((_request, response) => {
  const revision = requests++
  response.writeHead(200, { "content-type": "application/json", etag: `"${revision}"` })
  response.end(bodies[revision % bodies.length])
})

server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})
