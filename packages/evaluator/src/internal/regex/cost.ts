/**
 * An upper bound for the time a backtracking engine spends on a pattern.
 *
 * A pattern is expensive when a text can be divided among its parts in many ways, all of which are tried before the
 * search gives up. `ways` bounds the number of divisions that survive up to the next character, `steps` the characters
 * looked at while trying them. A repetition whose characters cannot start what follows it has one way out.
 *
 * @since 1.0.0
 */
import type { CharacterSet, RegexNode } from "./syntax.ts"

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
    if (!item.canBeEmpty) return { set, canBeEmpty: false }
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

/**
 * The parts of a sequence, one after the other. It is tried at `places` adjoining places of the text. Of the places where
 * the one way of a repetition ends, or where a search begins, only some can hold the characters that come next.
 */
const costOfSequence = (
  items: ReadonlyArray<RegexNode>,
  following: CharacterSet,
  length: number,
  places: number = 1
): Cost => {
  const follows: Array<CharacterSet> = []
  let next = following
  for (let i = items.length - 1; i >= 0; i--) {
    follows[i] = next
    const item = first(items[i]!)
    next = item.canBeEmpty ? union(item.set, next) : item.set
  }
  let ways = places
  let adjoining = places
  let steps = places
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!
    if (adjoining > 1 && item._tag === "Set") {
      const literal = literalAt(items, i)
      for (const share of sharesOf(literal, adjoining)) {
        steps += ways
        ways *= share
      }
      adjoining = 1
      i += literal.length - 1
      continue
    }
    const cost = costOf(item, follows[i]!, length)
    steps += ways * cost.steps
    ways *= cost.ways
    if (item._tag !== "Assertion") adjoining = item._tag === "Repeat" && item.body._tag === "Set" ? cost.ways : 1
  }
  return { ways, steps }
}

/** Looking further costs more than it tells. */
const longestLiteral = 16

const literalAt = (items: ReadonlyArray<RegexNode>, start: number): ReadonlyArray<CharacterSet> => {
  const literal: Array<CharacterSet> = []
  for (let i = start; i < items.length && literal.length < longestLiteral; i++) {
    const item = items[i]!
    if (item._tag !== "Set") break
    literal.push(item.set)
  }
  return literal
}

/**
 * For each character of a literal, the share of the places that have got to it and can hold it as well. Two occurrences
 * are no closer than the literal, laid over itself, allows.
 */
const sharesOf = (literal: ReadonlyArray<CharacterSet>, places: number): ReadonlyArray<number> => {
  let distance = 1
  let reached = 1
  return literal.map((_, last) => {
    while (distance <= last && !overlapsItself(literal, last, distance)) {
      distance++
    }
    const held = Math.min(reached, 1 / distance + 1 / places)
    const share = held / reached
    reached = held
    return share
  })
}

/** Whether the literal up to `last` can occur twice at this distance. */
const overlapsItself = (literal: ReadonlyArray<CharacterSet>, last: number, distance: number): boolean => {
  for (let i = distance; i <= last; i++) {
    if (disjoint(literal[i]!, literal[i - distance]!)) return false
  }
  return true
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

/** An engine counts the rounds of a repetition with more of them. */
const mostUnrolled = 3

const costOfRepeat = (
  node: Extract<RegexNode, { readonly _tag: "Repeat" }>,
  following: CharacterSet,
  length: number
): Cost => {
  const start = first(node.body)
  const repeats = node.maximum > 1
  const body = costOf(node.body, repeats ? union(start.set, following) : following, length)
  if (start.canBeEmpty && repeats) return { ways: Infinity, steps: Infinity }
  const most = Math.min(node.maximum, length)
  const counting = node.maximum > mostUnrolled && Number.isFinite(node.maximum) ? 2 : 0
  if (body.ways > 1) {
    // Every round multiplies the ways; the sum of the rounds is below twice the last.
    const ways = 2 * body.ways ** most
    return { ways, steps: ways * body.steps + 1 }
  }
  const exits = disjoint(start.set, following) && !start.canBeEmpty ? 1 : Math.max(1, most - node.minimum + 1)
  return { ways: exits, steps: most * (body.steps + counting) + 1 }
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

/**
 * The most steps that searching a text of this length takes.
 *
 * @internal
 */
export const searchSteps = (node: RegexNode, length: number): number =>
  node._tag === "Alternation"
    ? node.options.reduce((sum, option) => sum + searchSteps(option, length), node.options.length)
    : searchSequence(node._tag === "Sequence" ? node.items : [node], isAnchored(node) ? 1 : length, length)

/**
 * A repetition at the end is gone through once: a search that has come through the rounds it must take has succeeded, and
 * never tries another way.
 */
const searchSequence = (items: ReadonlyArray<RegexNode>, places: number, length: number): number => {
  const last = items[items.length - 1]
  const start = last?._tag === "Repeat" ? first(last.body) : undefined
  if (last?._tag !== "Repeat" || start === undefined || start.canBeEmpty) {
    return costOfSequence(items, nothing, length, places).steps
  }
  const rest = items.slice(0, -1)
  const rounds = Math.min(last.maximum, length) * costOf(last.body, start.set, length).steps + 1
  return rounds + (last.minimum === 0
    ? searchSequence(rest, places, length)
    : costOfSequence([...rest, { ...last, maximum: last.minimum }], nothing, length, places).steps)
}

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
