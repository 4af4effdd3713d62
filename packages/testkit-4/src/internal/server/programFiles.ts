// Generated from packages/testkit/src/internal/server/programFiles.ts by packages/tools/editions.mjs: change that file, not this one.
import * as FileSystem from "effect/FileSystem"
import * as Effect from "effect/Effect"
import { isObject as isRecord } from "effect/Predicate"
import * as Stream from "effect/Stream"
import { dirname, relative, resolve, sep } from "node:path"
import type { JsonObject } from "../json.ts"
import { ProgramError } from "./programArguments.ts"

const fail = (message: string) => new ProgramError({ message })

const maxBytes = 32 * 1024 * 1024

const isOutside = (folder: string, file: string): boolean => {
  const path = relative(folder, file)
  return path === ".." || path.startsWith(`..${sep}`) || resolve(path) === path
}

// What is in the file is given to everyone who asks for flags. So it must be a file, of a sane size, and no link that
// leads to some other file of this machine.
const readText = (file: string): Effect.Effect<string, ProgramError, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const folder = yield* files.realPath(dirname(resolve(file)))
    const target = yield* files.realPath(file)
    if (isOutside(folder, target)) return yield* fail(`${file} is a link to a file outside its folder`)
    const { size, type } = yield* files.stat(target)
    if (type !== "File") return yield* fail(`${file} is not a regular file`)
    if (size > maxBytes) return yield* fail(`${file} is larger than 32 MiB`)
    const chunks = yield* Stream.runCollect(files.stream(target, { bytesToRead: maxBytes }))
    return Buffer.concat([...chunks]).toString("utf8")
  }).pipe(
    Effect.catchTag("PlatformError", ({ message, reason }) =>
      fail(`${file} cannot be read: ${
        reason._tag === "NotFound" ? "there is no such file" : reason._tag === "BadArgument" ? message : reason._tag
      }`))
  )

// The engine's own message quotes the text, which may be a secret.
const placeOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : ""
  const [, position] = / at position (\d+)/.exec(message) ?? []
  if (position !== undefined) return ` at position ${position}`
  return /end of JSON/.test(message) ? " at its end" : ""
}

/**
 * Reads a JSON file that holds an object.
 *
 * @internal
 */
const readObject = (file: string): Effect.Effect<JsonObject, ProgramError, FileSystem.FileSystem> =>
  Effect.flatMap(readText(file), (text) =>
    Effect.try({
      try: (): unknown => JSON.parse(text),
      catch: (error) => fail(`${file} is not valid JSON${placeOf(error)}`)
    }).pipe(
      Effect.filterOrFail(isRecord, () => fail(`${file} does not hold a JSON object`))
    ))

const simpleValue = (flag: unknown): { readonly value: boolean | string; readonly payload?: unknown } | undefined => {
  if (typeof flag === "boolean" || typeof flag === "string") return { value: flag }
  if (!isRecord(flag)) return undefined
  const { payload, value } = flag
  return typeof value === "boolean" || typeof value === "string" ? { value, payload } : undefined
}

// The same for everybody, remotely and locally.
const simpleFlag = (key: string, { payload, value }: NonNullable<ReturnType<typeof simpleValue>>, id: number) => ({
  id,
  key,
  active: true,
  filters: {
    groups: value === false ? [] : [{ properties: [], rollout_percentage: 100 }],
    ...(typeof value === "string" ? { multivariate: { variants: [{ key: value, rollout_percentage: 100 }] } } : {}),
    payloads: payload === undefined ? {} : { [String(value)]: JSON.stringify(payload) }
  }
})

/**
 * Reads a definitions document, or makes one of `{ "flag": true }`.
 *
 * @internal
 */
export const readDefinitions = (file: string): Effect.Effect<JsonObject, ProgramError, FileSystem.FileSystem> =>
  Effect.flatMap(readObject(file), (document) => {
    if (Array.isArray(document["flags"])) return Effect.succeed(document)
    const flags = Object.entries(document).map(([key, flag]) => ({ key, flag: simpleValue(flag) }))
    const wrong = flags.find(({ flag }) => flag === undefined)
    return wrong === undefined
      ? Effect.succeed({
        flags: flags.flatMap(({ flag, key }, index) => (flag === undefined ? [] : [simpleFlag(key, flag, index + 1)])),
        group_type_mapping: {},
        cohorts: {}
      })
      : fail(
        `${file} is not a definitions document, which has a list of flags, and ${
          JSON.stringify(wrong.key.slice(0, 100))
        } is not a boolean, the key of a variant, or an object with a value`
      )
  })

const isRecordOfRecords = (value: unknown): value is Readonly<Record<string, JsonObject>> =>
  isRecord(value) && Object.values(value).every(isRecord)

/** @internal */
export const readPersons = (file: string) =>
  Effect.filterOrFail(readObject(file), isRecordOfRecords, () => fail(`${file} does not map ids to properties`))

/** @internal */
export const readGroups = (file: string) =>
  Effect.filterOrFail(
    readObject(file),
    (value): value is Readonly<Record<string, Readonly<Record<string, JsonObject>>>> =>
      Object.values(value).every(isRecordOfRecords),
    () => fail(`${file} does not map group types to keys to properties`)
  )
