/**
 * Finds the cycles among references between flags and cohorts, and how deep references go.
 *
 * @since 1.0.0
 */
import type { Reference } from "../plan.ts"
import type { Steps } from "./steps.ts"

/** Evaluation follows references this many levels down; the stack has to hold them. */
const deepest = 400

/** What it takes to visit a flag or a cohort, and to follow a reference. */
const workPerVisit = 4

const workPerEdge = 1 / 4

interface Visit {
  readonly reference: Reference
  readonly order: number
  /** Its place in the list of what is not closed yet. */
  readonly position: number
  low: number
  nextEdge: number
  depth: number
  open: boolean
}

/**
 * Marks every reference that is part of a cycle, and every one that leads on too far, in steps. (Tarjan's strongly
 * connected components, with a stack of its own instead of recursion.)
 *
 * @internal
 */
export function* markReferences(
  references: ReadonlyArray<Reference>,
  steps: Steps
): Generator<void, void, void> {
  const visits = new Map<Reference, Visit>()
  const component: Array<Visit> = []
  for (const root of references) {
    if (root.edges.length > 0 && !visits.has(root)) yield* explore(root, visits, component, steps)
    if (steps.take(workPerEdge)) yield
  }
}

function* explore(
  root: Reference,
  visits: Map<Reference, Visit>,
  component: Array<Visit>,
  steps: Steps
): Generator<void, void, void> {
  const open = (reference: Reference): Visit => {
    const visit = {
      reference,
      order: visits.size,
      position: component.length,
      low: visits.size,
      nextEdge: 0,
      depth: 0,
      open: true
    }
    visits.set(reference, visit)
    component.push(visit)
    return visit
  }
  const trail = [open(root)]
  while (trail.length > 0) {
    const visit = trail[trail.length - 1]!
    const target = visit.reference.edges[visit.nextEdge++]
    if (steps.take(workPerEdge)) yield
    if (target !== undefined) {
      const known = visits.get(target)
      if (known === undefined) {
        trail.push(open(target))
        if (steps.take(workPerVisit)) yield
      } else if (known.open) {
        visit.low = Math.min(visit.low, known.order)
      }
      continue
    }
    trail.pop()
    const parent = trail[trail.length - 1]
    if (parent !== undefined) parent.low = Math.min(parent.low, visit.low)
    if (visit.low === visit.order) yield* closeComponent(visit, visits, component, steps)
  }
}

/** Everything that a component refers to is closed before it, so that depths add up. */
function* closeComponent(
  first: Visit,
  visits: ReadonlyMap<Reference, Visit>,
  component: Array<Visit>,
  steps: Steps
): Generator<void, void, void> {
  const members = component.splice(first.position)
  let depth = 0
  let refersToItself = false
  for (const { reference } of members) {
    for (const target of reference.edges) {
      const known = visits.get(target)!
      depth = Math.max(depth, known.open ? 0 : known.depth + 1)
      refersToItself ||= target === reference
      if (steps.take(workPerEdge)) yield
    }
  }
  const isCycle = members.length > 1 || refersToItself
  for (const member of members) {
    member.open = false
    member.depth = depth
    member.reference.cycle = isCycle ? first.order : undefined
    member.reference.tooDeep = member.depth > deepest
    if (steps.take(1)) yield
  }
}
