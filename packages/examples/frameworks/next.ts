import { strict as assert } from "node:assert"
import { spawn } from "node:child_process"
import { createServer } from "node:net"
import type { AddressInfo } from "node:net"
import { checkAt } from "./check.ts"

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer()
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

// The application is built beforehand, in the folder `app` of the working directory.
await checkAt(async (host) => {
  const port = await freePort()
  const next = spawn(process.execPath, ["node_modules/next/dist/bin/next", "start", "--port", String(port)], {
    cwd: "app",
    env: { ...process.env, POSTHOG_API_KEY: "phc_test", POSTHOG_HOST: host, NEXT_TELEMETRY_DISABLED: "1" },
    stdio: ["ignore", "pipe", "pipe"]
  })
  let errors = ""
  next.stderr.on("data", (chunk) => {
    errors += String(chunk)
  })
  await new Promise<void>((resolve, reject) => {
    next.stdout.on("data", (chunk) => String(chunk).includes("Ready") ? resolve() : undefined)
    next.once("exit", (code) => reject(new Error(`next start ended with ${code}: ${errors}`)))
  })
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      await new Promise((resolve) => {
        next.once("close", resolve)
        next.kill("SIGTERM")
      })
      // Neither a warning of the client nor an error in it that Next.js handled.
      assert.doesNotMatch(errors, /posthog/i)
    }
  }
}, { throws: false })
