import type { EventIdSource } from "../../EventIds.ts"
import type { ParsedFrame } from "./frames.ts"

/**
 * What the options of a client say about its exceptions.
 *
 * @internal
 */
export interface ExceptionSettings {
  readonly root?: string | undefined
  readonly inApp?: ((frame: ParsedFrame) => boolean) | undefined
  readonly logAnnotations?: ReadonlyArray<string> | undefined
}

/** @internal */
export interface ClientSettings {
  readonly exceptions: ExceptionSettings
  /** The super properties. */
  readonly properties: Readonly<Record<string, unknown>>
  readonly shutdownTimeoutMillis: number
  readonly ids: EventIdSource | undefined
}

const byQueue = new WeakMap<object, ClientSettings>()

/**
 * Remembers the settings that a queue was made with, for reports that know the queue alone.
 *
 * @internal
 */
export const rememberSettings = <Queue extends object>(queue: Queue, settings: ClientSettings): Queue => {
  byQueue.set(queue, settings)
  return queue
}

const defaults: ClientSettings = { exceptions: {}, properties: {}, shutdownTimeoutMillis: 30_000, ids: undefined }

/**
 * The settings of a queue; the defaults for one that was written by hand.
 *
 * @internal
 */
export const settingsOf = (queue: object): ClientSettings => byQueue.get(queue) ?? defaults
