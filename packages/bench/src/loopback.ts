import { serve } from "./loopback/server.ts"
import type { Script } from "./loopback/server.ts"

// A process of its own, so that what the server spends is not counted as the client's.
process.once("message", (script: Script) => {
  void serve(script).then(({ port }) => process.send?.({ port }))
})
process.once("disconnect", () => process.exit())
