/**
 * The value of a property, read once in an evaluation, with the forms in which filters compare it.
 *
 * @since 1.0.0
 */
import type { Inconclusive } from "../Result.ts"
import type { PropertyCauses } from "./compile/propertyCauses.ts"
import type { EvaluationState } from "./evaluationState.ts"
import type { InstantRange } from "./values/instant.ts"
import { instantFromMilliseconds, parsePropertyDate, resolveDate } from "./values/instant.ts"
import { numericForm } from "./values/numericForm.ts"
import { asciiLower, asJsonValue, isJsonValue, isTruthy, textForm } from "./values/textForm.ts"
import type { TimeZone } from "./values/timeZone.ts"

/** Longer texts, and values with a longer text form, are left to the server. */
const longestText = 2000

/** A step of work for every 64 characters, as a shift: the count of steps stays an integer, which is fast. */
const charactersPerStep = 6

/** Arrays and objects with more members, nested ones included, are left to the server. */
const mostMembers = 1000

/**
 * A property of a person or a group. All filters of a definitions document that look at it share one; it holds what is
 * known about the caller in hand, and no reference to an object of the caller.
 *
 * @internal
 */
export class PropertyValue {
  readonly causes: PropertyCauses
  private readonly source: (state: EvaluationState) => unknown
  private readonly timeZone: TimeZone | undefined
  private evaluation = 0
  private now = 0

  /** Why nothing can be said of the property. */
  problem: Inconclusive | undefined = undefined
  /** Why only its presence is known. */
  obstacle: Inconclusive | undefined = undefined
  /** A text, a number, a boolean or null; `undefined` for an array or an object. */
  scalar: string | number | boolean | null | undefined = undefined

  private isTextKnown = false
  private form: string | undefined = undefined
  private isFilledWithTrue = false
  private lowerForm: string | undefined = undefined
  private asciiLowerForm: string | undefined = undefined
  private isNumberKnown = false
  private numberForm: number | undefined = undefined
  private isDateKnown = false
  private dateRange: InstantRange | "skipped" | undefined = undefined

  constructor(
    causes: PropertyCauses,
    source: (state: EvaluationState) => unknown,
    timeZone: TimeZone | undefined
  ) {
    this.causes = causes
    this.source = source
    this.timeZone = timeZone
  }

  /** The value for the caller in hand. */
  read(state: EvaluationState): void {
    if (this.evaluation !== state.number) this.load(state, this.source(state))
  }

  private load(state: EvaluationState, given: unknown): void {
    this.now = state.now
    this.lowerForm = undefined
    this.asciiLowerForm = undefined
    this.isTextKnown = false
    this.isNumberKnown = false
    this.isDateKnown = false
    this.obstacle = undefined
    this.problem = undefined
    if (typeof given === "string") {
      this.loadText(given, state)
    } else if (given === undefined) {
      this.problem = this.causes.missing
    } else {
      const value = asJsonValue(given)
      if (typeof value === "string") this.loadText(value, state)
      else if (!isJsonValue(value)) this.problem = this.causes.notJson
      else if (typeof value === "object" && value !== null) this.loadObject(value, state)
      else this.scalar = value as number | boolean | null
    }
    this.evaluation = state.number
  }

  private loadText(text: string, state: EvaluationState): void {
    if (text.length > longestText) {
      this.obstacle = this.causes.tooLarge
      this.scalar = null
      return
    }
    this.scalar = text
    state.steps += text.length >> charactersPerStep
  }

  private loadObject(value: object, state: EvaluationState): void {
    this.scalar = undefined
    this.form = undefined
    this.isTextKnown = true
    this.isFilledWithTrue = false
    const limits = { members: mostMembers, characters: longestText }
    try {
      this.form = textForm(value, limits)
      if (limits.members < 0 || limits.characters < 0) this.obstacle = this.causes.tooLarge
      else this.isFilledWithTrue = isTruthy(value)
    } catch {
      // A member has a getter that throws.
      this.obstacle = this.causes.unreadable
    }
    state.steps += mostMembers - Math.max(0, limits.members)
  }

  /** The text form; `undefined` when the server's cannot be reproduced. */
  get text(): string | undefined {
    if (!this.isTextKnown) {
      this.form = textForm(this.scalar)
      this.isTextKnown = true
    }
    return this.form
  }

  /** Whether it counts as true for the server. */
  get isTruthy(): boolean {
    return this.scalar === undefined ? this.isFilledWithTrue : isTruthy(this.scalar)
  }

  /** The text form with all letters in lower case. Ask only when there is a text form. */
  lower(): string {
    return this.lowerForm ??= this.text!.toLowerCase()
  }

  /** The text form with its ASCII letters in lower case. Ask only when there is a text form. */
  asciiLower(): string {
    return this.asciiLowerForm ??= asciiLower(this.text!)
  }

  number(): number | undefined {
    if (!this.isNumberKnown) {
      this.numberForm = numericForm(this.scalar)
      this.isNumberKnown = true
    }
    return this.numberForm
  }

  /** The instants that a text or a number may be; `undefined` for one that only the server can read. */
  date(): InstantRange | "skipped" | undefined {
    if (!this.isDateKnown) {
      const { scalar } = this
      const date = typeof scalar === "string" || typeof scalar === "number" ? parsePropertyDate(scalar) : undefined
      this.dateRange = date && resolveDate(date, instantFromMilliseconds(this.now), this.timeZone)
      this.isDateKnown = true
    }
    return this.dateRange
  }
}
