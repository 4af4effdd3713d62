/**
 * An upper bound for the time a backtracking engine spends on a pattern.
 *
 * A pattern is expensive when a text can be divided among its parts in many ways, all of which are tried before the
 * search gives up. `ways` bounds the number of divisions that survive up to the next character, `steps` the characters
 * looked at while trying them. A repetition whose characters cannot start what follows it has one way out.
 *
 * @since 0.1.0
 */
import type { CharacterSet, RegexNode } from "./regexSyntax.ts"

interface Cost {
  readonly ways: number
  readonly steps: number
}

interface First {
  readonly set: CharacterSet
  readonly canBeEmpty: boolean
}

const nothing: CharacterSet = new Uint8Array(128)

const union = (left: CharacterSet, right: CharacterSet): CharacterSet => {
  const set = new Uint8Array(left)
  for (let code = 0; code < 128; code++) {
    set[code]! |= right[code]!
  }
  return set
}

const disjoint = (left: CharacterSet, right: CharacterSet): boolean =>
  left.every((member, i) => (member & right[i]!) === 0)

/** The characters a node can start with. */
const first = (node: RegexNode): First => {
  switch (node._tag) {
    case "Set":
      return { set: node.set, canBeEmpty: false }
    case "Assertion":
      return { set: nothing, canBeEmpty: true }
    case "Sequence":
      return firstOfSequence(node.items)
    case "Alternation":
      return node.options.map(first).reduce((left, right) => ({
        set: union(left.set, right.set),
        canBeEmpty: left.canBeEmpty || right.canBeEmpty
      }))
    case "Repeat": {
      const body = first(node.body)
      return { set: body.set, canBeEmpty: body.canBeEmpty || node.minimum === 0 }
    }
  }
}

const firstOfSequence = (items: ReadonlyArray<RegexNode>): First => {
  let set = nothing
  for (const member of items) {
    const item = first(member)
    set = union(set, item.set)
    if (!item.canBeEmpty) {
      return { set, canBeEmpty: false }
    }
  }
  return { set, canBeEmpty: true }
}

const costOf = (node: RegexNode, following: CharacterSet, length: number): Cost => {
  switch (node._tag) {
    case "Set":
    case "Assertion":
      return { ways: 1, steps: 1 }
    case "Sequence":
      return costOfSequence(node.items, following, length)
    case "Alternation":
      return costOfAlternation(node.options, following, length)
    case "Repeat":
      return costOfRepeat(node, following, length)
  }
}

const costOfSequence = (items: ReadonlyArray<RegexNode>, following: CharacterSet, length: number): Cost => {
  const follows: Array<CharacterSet> = []
  let next = following
  for (let i = items.length - 1; i >= 0; i--) {
    follows[i] = next
    const item = first(items[i]!)
    next = item.canBeEmpty ? union(item.set, next) : item.set
  }
  let ways = 1
  let steps = 1
  items.forEach((item, i) => {
    const cost = costOf(item, follows[i]!, length)
    steps += ways * cost.steps
    ways *= cost.ways
  })
  return { ways, steps }
}

const costOfAlternation = (options: ReadonlyArray<RegexNode>, following: CharacterSet, length: number): Cost => {
  let taken = nothing
  let overlapping = false
  let total = 0
  let most = 0
  let steps = 0
  for (const option of options) {
    const start = first(option)
    const begins = start.canBeEmpty ? union(start.set, following) : start.set
    overlapping = overlapping || start.canBeEmpty || !disjoint(taken, begins)
    taken = union(taken, begins)
    const cost = costOf(option, following, length)
    total += cost.ways
    most = Math.max(most, cost.ways)
    steps += cost.steps
  }
  return { ways: overlapping ? total : most, steps: steps + options.length }
}

const costOfRepeat = (
  node: Extract<RegexNode, { readonly _tag: "Repeat" }>,
  following: CharacterSet,
  length: number
): Cost => {
  const start = first(node.body)
  const repeats = node.maximum > 1
  const body = costOf(node.body, repeats ? union(start.set, following) : following, length)
  if (start.canBeEmpty && repeats) {
    return { ways: Infinity, steps: Infinity }
  }
  const most = Math.min(node.maximum, length)
  if (body.ways > 1) {
    // Every round multiplies the ways; the sum of the rounds is below twice the last.
    const ways = 2 * body.ways ** most
    return { ways, steps: ways * body.steps + 1 }
  }
  const exits = disjoint(start.set, following) && !start.canBeEmpty ? 1 : Math.max(1, most - node.minimum + 1)
  return { ways: exits, steps: most * body.steps + 1 }
}

const isAnchored = (node: RegexNode): boolean => {
  switch (node._tag) {
    case "Assertion":
      return node.kind === "start"
    case "Sequence":
      return node.items.length > 0 && isAnchored(node.items[0]!)
    case "Alternation":
      return node.options.every(isAnchored)
    default:
      return false
  }
}

/** Without what can stay empty at the end of a pattern: a search that has come so far has succeeded. */
const withoutEnd = (node: RegexNode): RegexNode => {
  if (node._tag === "Alternation") {
    return { _tag: "Alternation", options: node.options.map(withoutEnd) }
  }
  if (node._tag !== "Sequence") {
    return node
  }
  let end = node.items.length
  while (end > 0 && isOptional(node.items[end - 1]!)) {
    end--
  }
  return { _tag: "Sequence", items: node.items.slice(0, end) }
}

const isOptional = (node: RegexNode): boolean =>
  node._tag === "Repeat" && node.minimum === 0 && node.body._tag === "Set"

/**
 * The most steps that searching a text of this length takes.
 *
 * @internal
 */
export const searchSteps = (node: RegexNode, length: number): number =>
  costOf(withoutEnd(node), nothing, length).steps * (isAnchored(node) ? 1 : length)

/**
 * How large the pattern is with its counted repetitions written out.
 *
 * @internal
 */
export const expandedSize = (node: RegexNode): number => {
  switch (node._tag) {
    case "Set":
    case "Assertion":
      return 1
    case "Sequence":
      return node.items.reduce((sum, item) => sum + expandedSize(item), 1)
    case "Alternation":
      return node.options.reduce((sum, option) => sum + expandedSize(option), 1)
    case "Repeat":
      return (expandedSize(node.body) + 1) * Math.max(1, Number.isFinite(node.maximum) ? node.maximum : node.minimum)
  }
}
