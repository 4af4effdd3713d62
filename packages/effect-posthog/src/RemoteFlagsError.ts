/**
 * The failure of `evaluateFlags`.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import type { FlagSnapshot } from "./FlagSnapshot.ts"
import { describeRemoteFailure } from "./RemoteFailure.ts"
import type { RemoteFailure } from "./RemoteFailure.ts"

/**
 * Some flags needed the server, and it could not be asked. `snapshot` holds what resolved locally: it is safe to use,
 * and exposures read from it report the class of the failure. Quota limits and flags that the server could not compute
 * are no failure: they are in `FlagSnapshot.errors`.
 *
 * @since 0.1.0
 * @category errors
 */
export class RemoteFlagsError extends Data.TaggedError("RemoteFlagsError")<
  RemoteFailure & { readonly snapshot: FlagSnapshot }
> {
  override get message(): string {
    const { length } = this.snapshot.keys
    return `Remote flag evaluation failed: ${describeRemoteFailure(this)}; ${length} flag${
      length === 1 ? "" : "s"
    } resolved locally`
  }
}
