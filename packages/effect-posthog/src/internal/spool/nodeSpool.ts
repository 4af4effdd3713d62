import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { EventStore } from "../../EventStore.ts"
import { PostHogConfigError } from "../../PostHogConfigError.ts"
import type { FileStoreOptions } from "./fileStore.ts"
import { makeFileStore } from "./fileStore.ts"
import { nodeFiles } from "./nodeFiles.ts"
import { withQueueStorage } from "./storage.ts"

/**
 * A spool in the files of Node, for programs that bring no `FileSystem`.
 *
 * @internal
 */
export const layerNode = (options: FileStoreOptions): Layer.Layer<EventStore, PostHogConfigError> =>
  Layer.scopedContext(Effect.flatMap(
    nodeFiles,
    Option.match({
      onNone: () =>
        new PostHogConfigError({ option: "spool", problem: "needs node:fs, which this runtime does not have" }),
      onSome: (files) => Effect.map(makeFileStore(files, options), withQueueStorage)
    })
  ))
