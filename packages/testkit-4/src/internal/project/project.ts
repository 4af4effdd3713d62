// Generated from packages/testkit/src/internal/project/project.ts by packages/tools/editions.mjs: change that file, not this one.
import * as HashMap from "effect/HashMap"
import type * as Ref from "effect/Ref"
import type { RemoteFlag } from "../../RemoteFlag.ts"
import type { JsonObject } from "../json.ts"
import * as Definitions from "./definitions.ts"

/**
 * The one project a server serves: its keys, and what can change while it runs.
 *
 * @internal
 */
export interface Project {
  readonly projectKey: string
  readonly secretKey: string
  /** Whether to refuse everything that PostHog refuses. */
  readonly strict: boolean
  readonly state: Ref.Ref<ProjectState>
}

/** @internal */
export interface ProjectState {
  readonly definitions: Definitions.Definitions
  readonly remoteFlags: Readonly<Record<string, RemoteFlag>>
  readonly flagsShape: "v4" | "v3"
  readonly persons: HashMap.HashMap<string, JsonObject>
  readonly groups: HashMap.HashMap<string, JsonObject>
}

/** @internal */
export const groupId = (type: string, key: string | number): string => JSON.stringify([type, String(key)])

/** @internal */
export interface InitialState {
  readonly definitions?: unknown
  readonly remoteFlags?: Readonly<Record<string, RemoteFlag>> | undefined
  readonly flagsShape?: "v4" | "v3" | undefined
  readonly persons?: Readonly<Record<string, JsonObject>> | undefined
  readonly groups?: Readonly<Record<string, Readonly<Record<string, JsonObject>>>> | undefined
}

/** @internal */
export const initialState = (options: InitialState): ProjectState => ({
  definitions: Definitions.make(options.definitions ?? Definitions.emptyDocument),
  remoteFlags: options.remoteFlags ?? {},
  flagsShape: options.flagsShape ?? "v4",
  persons: HashMap.fromIterable(Object.entries(options.persons ?? {})),
  groups: HashMap.fromIterable(
    Object.entries(options.groups ?? {}).flatMap(([type, groups]) =>
      Object.entries(groups).map(([key, properties]) => [groupId(type, key), properties] as const)
    )
  )
})
