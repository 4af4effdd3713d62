// A registry on loopback that has the packed packages as if they were published, and sends questions about all others to
// npm's registry. Projects in temporary folders install from it as users install from npm.
import { createHash } from "node:crypto"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { join } from "node:path"
import { tarballs } from "./checks/tarballs.mjs"
import { manifestOf, run } from "./checks/workspace.mjs"

const must = async (command, args, options) => {
  const result = await run(command, args, options)
  if (result.code !== 0) throw new Error(`${command} ${args.join(" ")}\n${result.output}`)
  return result.stdout.trim()
}

/** Packs a package again with the version that it will be published with: ranges like `@3` accept no prerelease. */
const asReleased = async (name, tarball, folder) => {
  mkdirSync(folder, { recursive: true })
  await must("tar", ["-xzf", tarball, "-C", folder])
  const file = join(folder, "package", "package.json")
  const manifest = JSON.parse(readFileSync(file, "utf8"))
  const version = manifest.version.replace(/-.*$/, "")
  writeFileSync(file, JSON.stringify({ ...manifest, version }, undefined, 2))
  const packed = join(folder, "released.tgz")
  await must("tar", ["-czf", packed, "-C", folder, "package"])
  return { name: manifestOf(name).name, version, content: readFileSync(packed), manifest: { ...manifest, version } }
}

const packument = ({ content, manifest, name, version }, origin) => ({
  name,
  "dist-tags": { latest: version },
  versions: {
    [version]: {
      ...manifest,
      dist: {
        tarball: `${origin}/-/packed/${encodeURIComponent(name)}.tgz`,
        integrity: `sha512-${createHash("sha512").update(content).digest("base64")}`
      }
    }
  }
})

/** Builds and packs the packages below a folder and serves them: `{ url, packed, close }`. */
export const serveRegistry = async (folder) => {
  const upstream = (await must("npm", ["config", "get", "registry"])).replace(/\/$/, "")
  const packages = new Map()
  for (const [name, tarball] of Object.entries(await tarballs(join(folder, "tarballs")))) {
    const released = await asReleased(name, tarball, join(folder, "released", name))
    packages.set(released.name, released)
  }
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? "/").split("?")[0])
    const origin = `http://${request.headers.host}`
    const found = packages.get(path.slice(1))
    const file = packages.get(path.replace(/^\/-\/packed\/(.*)\.tgz$/, "$1"))
    if (found !== undefined) {
      response.writeHead(200, { "content-type": "application/json" })
      response.end(JSON.stringify(packument(found, origin)))
    } else if (file !== undefined) {
      response.writeHead(200, { "content-type": "application/octet-stream" })
      response.end(file.content)
    } else {
      response.writeHead(302, { location: `${upstream}${request.url}` })
      response.end()
    }
  })
  await new Promise((resolve) => server.listen({ port: 0, host: "127.0.0.1" }, () => resolve(undefined)))
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("The registry has no port")
  return {
    url: `http://127.0.0.1:${address.port}/`,
    packed: [...packages.keys()],
    close: () => {
      server.closeAllConnections()
      server.close()
    }
  }
}
