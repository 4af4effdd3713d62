/** @since 1.0.0 */
import type { Inconclusive } from "../../Result.ts"
import { inconclusive } from "../verdict.ts"

/**
 * The name of a property in causes, and the verdicts on values that cannot be compared. The filters on a property share it.
 *
 * @internal
 */
export class PropertyCauses {
  readonly name: string
  readonly missing: Inconclusive
  readonly notJson: Inconclusive
  readonly unreadable: Inconclusive
  readonly tooLarge: Inconclusive

  constructor(name: string) {
    this.name = name
    this.missing = inconclusive("missing_context", `${name} is not supplied`)
    this.notJson = inconclusive("missing_context", `${name} has a value that JSON cannot carry`)
    this.unreadable = inconclusive("missing_context", `${name} has a value that the server may write differently`)
    this.tooLarge = inconclusive(
      "value_too_large",
      `${name} is too large to be compared locally (value_too_large)`
    )
  }
}
