/** @since 1.0.0 */

/**
 * What stands in a document for a part that its reader left out, because it was too large.
 *
 * @internal
 */
export const omittedPart = "[Too large]"

/** @internal */
export const tooLargeMessage = "is too large, or nested too deeply"

/**
 * Where in the document a value stands.
 *
 * @internal
 */
export interface Path {
  readonly parent: Path | undefined
  readonly step: string | number
}

/**
 * An object of the document.
 *
 * @internal
 */
export type DocumentObject = Readonly<Record<string, unknown>>

/** @internal */
export const step = (parent: Path | undefined, name: string | number): Path => ({ parent, step: name })

/** @internal */
export const renderPath = (path: Path | undefined): string => {
  let text = ""
  for (let at = path; at !== undefined; at = at.parent) {
    text = (typeof at.step === "number" ? `[${at.step}]` : at.parent === undefined ? at.step : `.${at.step}`) + text
  }
  return text
}

/** @internal */
export const isRecord = (value: unknown): value is DocumentObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/**
 * Shared, as most flags have several empty lists.
 *
 * @internal
 */
export const none: ReadonlyArray<never> = []

const isAbsent = (value: unknown): value is null | undefined => value === undefined || value === null

/**
 * Reads values of expected types. The first value of another type is noted as the problem; reading goes on with a
 * harmless value in its place, and whatever was made from it is to be thrown away.
 *
 * @internal
 */
export class DocumentReader {
  problem: { readonly path: Path; readonly message: string } | undefined = undefined

  fail(path: Path, message: string): void {
    this.problem ??= { path, message }
  }

  /** Notes a value that is not what is expected. */
  refuse(value: unknown, path: Path, expected: string): void {
    this.fail(path, value === omittedPart ? tooLargeMessage : `expected ${expected}`)
  }

  object(value: unknown, path: Path): DocumentObject {
    if (isRecord(value)) return value
    this.refuse(value, path, "an object")
    return {}
  }

  optionalObject(value: unknown, path: Path): DocumentObject | undefined {
    return isAbsent(value) ? undefined : this.object(value, path)
  }

  /** The members of an array that may be absent. */
  optionalArray(value: unknown, path: Path): ReadonlyArray<unknown> {
    if (Array.isArray(value)) return value
    if (!isAbsent(value)) this.refuse(value, path, "an array")
    return none
  }

  text(value: unknown, path: Path): string {
    if (typeof value === "string" && value !== omittedPart) return value
    this.refuse(value, path, "text")
    return ""
  }

  optionalText(value: unknown, path: Path): string | undefined {
    return isAbsent(value) ? undefined : this.text(value, path)
  }

  number(value: unknown, path: Path): number {
    if (typeof value === "number" && Number.isFinite(value)) return value
    this.refuse(value, path, "a number")
    return 0
  }

  optionalNumber(value: unknown, path: Path): number | undefined {
    return isAbsent(value) ? undefined : this.number(value, path)
  }

  optionalInteger(value: unknown, path: Path): number | undefined {
    const number = this.optionalNumber(value, path)
    if (number !== undefined && !Number.isInteger(number)) this.fail(path, "expected an integer")
    return number
  }

  optionalBoolean(value: unknown, path: Path): boolean {
    if (typeof value === "boolean" || isAbsent(value)) return value === true
    this.refuse(value, path, "true or false")
    return false
  }
}
