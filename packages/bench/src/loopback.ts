import { serve } from "./loopback/server.ts"
import type { Script } from "./loopback/server.ts"
import { serveUnreliable } from "./loopback/unreliable.ts"
import type { UnreliableScript } from "./loopback/unreliable.ts"

// A process of its own, so that what the server spends is not counted as the client's.
process.once("message", (script: Script | UnreliableScript) => {
  const serving = "turns" in script ? serveUnreliable(script) : serve(script)
  void serving.then(({ port }) => process.send?.({ port }))
})
process.once("disconnect", () => process.exit())
