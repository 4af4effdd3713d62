/**
 * Semantic versions as the server reads and orders them: padded to three components, pre-release and build taking part.
 *
 * @since 1.0.0
 */

/**
 * Numbers are kept as digits without leading zeros: they may exceed what a JavaScript number holds.
 *
 * @internal
 */
export interface SemanticVersion {
  readonly core: readonly [major: string, minor: string, patch: string]
  readonly preRelease: ReadonlyArray<string>
  readonly build: ReadonlyArray<string>
}

/**
 * A requirement on a version: the components that are given, and the operator that relates them.
 *
 * @internal
 */
export interface VersionRequirement {
  readonly kind: "caret" | "tilde" | "wildcard"
  readonly core: ReadonlyArray<string>
  readonly preRelease: ReadonlyArray<string>
}

const largest = "18446744073709551615"

const digits = /^\d+$/

const identifiers = /^[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*$/

const plainRequirement = /^[0-9.*xX]*$/

const withoutZeros = (component: string): string =>
  component.length > 1 && component.charCodeAt(0) === 0x30 ? component.replace(/^0+(?=\d)/, "") : component

const compareDigits = (left: string, right: string): number =>
  left === right ? 0 : left.length !== right.length ? left.length - right.length : left < right ? -1 : 1

/** A component without leading zeros, or `undefined` when it is not a number of 64 bits. */
const readComponent = (component: string): string | undefined => {
  if (!digits.test(component)) return undefined
  const number = withoutZeros(component)
  return compareDigits(number, largest) > 0 ? undefined : number
}

/** Blanks in Unicode; `trim` takes the byte order mark for one, and U+0085 for none. */
const isBlank = (code: number): boolean =>
  code <= 0x20
    ? code === 0x20 || (code >= 0x09 && code <= 0x0d)
    : code > 0x7f &&
      (code === 0x85 || code === 0xa0 || code === 0x1680 || (code >= 0x2000 && code <= 0x200a) || code === 0x2028 ||
        code === 0x2029 || code === 0x202f || code === 0x205f || code === 0x3000)

/** Drops one `v`, only if it comes first, then blanks. */
const withoutDecoration = (text: string): string => {
  let start = text.charCodeAt(0) === 0x76 ? 1 : 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) {
    start++
  }
  while (start < end && isBlank(text.charCodeAt(end - 1))) {
    end--
  }
  return text.slice(start, end)
}

let lastText: string | undefined = undefined

let lastVersion: SemanticVersion | undefined = undefined

/**
 * Reads the text form of a version; `undefined` when it is not one. Remembers the last: the flags of one evaluation look
 * at the same version.
 *
 * @internal
 */
export const parseVersion = (text: string): SemanticVersion | undefined => {
  if (text !== lastText) {
    lastVersion = readPlainVersion(text) ?? readVersion(text)
    lastText = text
  }
  return lastVersion
}

const none: ReadonlyArray<string> = []

/** The form that nearly all versions have. */
const plainVersion = /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$/

const readPlainVersion = (text: string): SemanticVersion | undefined => {
  const match = plainVersion.exec(text)
  return match === null ? undefined : { core: [match[1]!, match[2]!, match[3]!], preRelease: none, build: none }
}

const readVersion = (text: string): SemanticVersion | undefined => {
  const trimmed = withoutDecoration(text)
  const end = trimmed.search(/[-+]/)
  const components = (end === -1 ? trimmed : trimmed.slice(0, end)).split(".")
  if (components.length > 3) return undefined
  const major = readComponent(components[0]!)
  const minor = readComponent(components[1] ?? "0")
  const patch = readComponent(components[2] ?? "0")
  if (major === undefined || minor === undefined || patch === undefined) return undefined
  const core = [major, minor, patch] as const
  if (end === -1) return { core, preRelease: none, build: none }
  const suffix = trimmed.slice(end)
  const plus = suffix.indexOf("+")
  const preText = plus === -1 ? suffix.slice(1) : suffix.slice(1, plus)
  const hasPreRelease = suffix.charCodeAt(0) === 0x2d
  const preRelease = hasPreRelease ? readIdentifiers(preText) : []
  const build = plus === -1 ? [] : readIdentifiers(suffix.slice(plus + 1))
  if (
    preRelease === undefined || build === undefined ||
    preRelease.some((identifier) => digits.test(identifier) && identifier.length > 1 && identifier.startsWith("0"))
  ) {
    return undefined
  }
  return { core, preRelease, build }
}

const readIdentifiers = (text: string): ReadonlyArray<string> | undefined =>
  identifiers.test(text) ? text.split(".") : undefined

const compareIdentifier = (left: string, right: string): number => {
  const leftNumber = digits.test(left)
  const rightNumber = digits.test(right)
  if (leftNumber && rightNumber) {
    const order = compareDigits(withoutZeros(left), withoutZeros(right))
    // Only build identifiers may carry zeros; the one with more of them comes later.
    return order !== 0 ? order : left.length - right.length
  }
  if (leftNumber !== rightNumber) return leftNumber ? -1 : 1
  return left === right ? 0 : left < right ? -1 : 1
}

const compareIdentifiers = (left: ReadonlyArray<string>, right: ReadonlyArray<string>): number => {
  const shared = Math.min(left.length, right.length)
  for (let i = 0; i < shared; i++) {
    const order = compareIdentifier(left[i]!, right[i]!)
    if (order !== 0) return order
  }
  return left.length - right.length
}

/** A release comes after its pre-releases. */
const comparePreReleases = (left: ReadonlyArray<string>, right: ReadonlyArray<string>): number =>
  left.length === 0 || right.length === 0 ? right.length - left.length : compareIdentifiers(left, right)

/**
 * Negative, zero or positive, as `left` is below, equal to or above `right`. A build comes after none.
 *
 * @internal
 */
export const compareVersions = (left: SemanticVersion, right: SemanticVersion): number =>
  compareDigits(left.core[0], right.core[0]) ||
  compareDigits(left.core[1], right.core[1]) ||
  compareDigits(left.core[2], right.core[2]) ||
  comparePreReleases(left.preRelease, right.preRelease) ||
  compareIdentifiers(left.build, right.build)

/**
 * Reads a wildcard requirement; without any wildcard it is a caret requirement on the components that are there.
 * "invalid" never matches; "unknown" is a requirement of another kind.
 *
 * @internal
 */
export const parseWildcard = (text: string): VersionRequirement | "invalid" | "unknown" => {
  const trimmed = withoutDecoration(text)
  if (!plainRequirement.test(trimmed)) return "unknown"
  const components = trimmed.split(".")
  if (components.length > 3) return "invalid"
  const core: Array<string> = []
  let wildcards = 0
  for (const component of components) {
    if (component === "*" || component === "x" || component === "X") {
      wildcards++
      continue
    }
    const number = readComponent(component)
    if (number === undefined || wildcards > 0) return "invalid"
    core.push(number)
  }
  if (core.length === 0 && components.length > 1) return "invalid"
  return { kind: wildcards > 0 ? "wildcard" : "caret", core, preRelease: [] }
}

/**
 * Whether a version satisfies a requirement. A pre-release does only when the requirement names one of the same core.
 *
 * @internal
 */
export const satisfies = (version: SemanticVersion, requirement: VersionRequirement): boolean =>
  satisfiesCore(version, requirement) &&
  (version.preRelease.length === 0 ||
    (requirement.preRelease.length > 0 && version.core.every((component, i) => component === requirement.core[i])))

const satisfiesCore = (version: SemanticVersion, requirement: VersionRequirement): boolean => {
  const { core, kind } = requirement
  if (kind === "wildcard") return core.every((component, i) => component === version.core[i])
  const [major, minor, patch] = core
  if (version.core[0] !== major) return false
  if (minor === undefined) return true
  const minorOrder = compareDigits(version.core[1], minor)
  const minorFixed = kind === "tilde" || major === "0"
  if (patch === undefined) return minorFixed ? minorOrder === 0 : minorOrder >= 0
  if (minorOrder !== 0) return !minorFixed && minorOrder > 0
  const patchOrder = compareDigits(version.core[2], patch)
  if (patchOrder !== 0) return patchOrder > 0 && !(kind === "caret" && major === "0" && minor === "0")
  return comparePreReleases(version.preRelease, requirement.preRelease) >= 0
}
