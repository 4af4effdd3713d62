/**
 * What compiling finds wrong with a definitions document.
 *
 * @since 1.0.0
 */

/**
 * Something in a definitions document that could not be read.
 *
 * - `InvalidDocument`: the value is not a definitions document. Keep the definitions you have.
 * - `MalformedFlag`: the flag is left to the server; the others are not affected.
 * - `MalformedCohort`: the cohort, or the part of it that the path names, is left to the server. Flags that refer to it are
 *   too, unless something else decides them.
 * - `MalformedGroupTypes`: there are more group types than are read, and none is known: the server decides about groups.
 * - `UnusableTimeZone`: the option `timeZone` of `compile` names no time zone that the platform knows. It counts as absent.
 *
 * @since 1.0.0
 * @category models
 */
export interface Problem {
  readonly code: "InvalidDocument" | "MalformedFlag" | "MalformedCohort" | "MalformedGroupTypes" | "UnusableTimeZone"
  /** The key of the flag, when it could be read. */
  readonly key: string | undefined
  /**
   * A readable path, such as `flags[3].filters.groups[0].properties[1].value`; empty for the document itself, the name of
   * the option for an option.
   */
  readonly path: string
  /** One line, without values of the document. */
  readonly message: string
}
