import type { EvaluationRequest } from "../../EvaluateFlags.ts"
import { isFlag, keys } from "../flagKeys.ts"
import { isAbsent, longestId, readGroups, readId, readRecord, readRecords, UnusableInput } from "../input.ts"
import { devicePropertyOf } from "../properties.ts"
import { oneLine } from "../quote.ts"
import { mergeSubjects } from "../requestContext.ts"
import type { RequestContext } from "../requestContext.ts"

type Properties = Readonly<Record<string, unknown>>

/**
 * An evaluation as it is carried out: what the caller said laid over the request context, with every field what its type
 * says it is.
 *
 * @internal
 */
export interface ResolvedRequest {
  /** Empty: there is no person to evaluate for. */
  readonly distinctId: string
  readonly deviceId: string | undefined
  readonly groups: Readonly<Record<string, string | number>> | undefined
  readonly personProperties: Properties | undefined
  readonly groupProperties: Readonly<Record<string, Properties>> | undefined
  /** As given; absent: all. */
  readonly flagKeys: ReadonlyArray<string> | undefined
  readonly onlyEvaluateLocally: boolean
  readonly disableGeoip: boolean | undefined
  /** The fields that could not be used. */
  readonly unusable: ReadonlyArray<string>
}

/** Keys of one evaluation at most: an answer with more flags is not read either. */
const mostKeys = 20_000

// PostHog's are shorter. Nothing but its length is looked at: a very long text takes a while to be read.
const isShort = (key: string): boolean => key.length <= longestId

const isList = (value: object): value is Iterable<unknown> => Symbol.iterator in value

// An array is sent as it was given.
const keysOf = (
  flagKeys: NonNullable<EvaluationRequest["flagKeys"]>,
  unusable: UnusableInput
): ReadonlyArray<string> => {
  try {
    const found = keysIn(flagKeys, unusable)
    if (found.every(isShort)) return found
    unusable.add(`flagKeys of more than ${longestId} characters`)
    return found.filter(isShort)
  } catch {
    unusable.add("flagKeys")
    return []
  }
}

const keysIn = (
  flagKeys: NonNullable<EvaluationRequest["flagKeys"]>,
  unusable: UnusableInput
): ReadonlyArray<string> => {
  if (typeof flagKeys !== "object" || !isList(flagKeys)) return keys(flagKeys)
  const found: Array<string> = []
  for (const flag of flagKeys) {
    if (found.length === mostKeys) {
      unusable.add(`flagKeys beyond the first ${mostKeys}`)
      break
    }
    if (typeof flag === "string") found.push(flag)
    else if (isFlag(flag)) found.push(flag.key)
  }
  return Array.isArray(flagKeys) ? found : [...new Set(found)]
}

// An id that is too long is still not the id of someone else: it is not left to the context.
const shortId = (id: string | undefined, path: string, unusable: UnusableInput): string | undefined =>
  id !== undefined && id.length > longestId ? unusable.add(`${oneLine(path)} of more than ${longestId} characters`) : id

const isEmpty = (context: RequestContext): boolean => {
  for (const _ in context) return false
  return true
}

/** @internal */
export const resolveRequest = (request: EvaluationRequest, context: RequestContext): ResolvedRequest => {
  const unusable = new UnusableInput()
  const given = {
    distinctId: readId(request.distinctId, "distinctId", unusable),
    deviceId: readId(request.deviceId, "deviceId", unusable),
    groups: readGroups(request.groups, "groups", unusable),
    personProperties: readRecord(request.personProperties, "personProperties", unusable),
    groupProperties: readRecords(request.groupProperties, "groupProperties", unusable)
  }
  // A device that the caller names as a property of the person comes before that of the context.
  const subject = isEmpty(context) ? given : mergeSubjects(
    {
      distinctId: readId(context.distinctId, "RequestContext.distinctId", unusable),
      deviceId: devicePropertyOf(given.personProperties) === undefined
        ? readId(context.deviceId, "RequestContext.deviceId", unusable)
        : undefined,
      groups: context.groups === undefined
        ? undefined
        : readGroups(context.groups, "RequestContext.groups", unusable),
      personProperties: readRecord(context.personProperties, "RequestContext.personProperties", unusable),
      groupProperties: context.groupProperties === undefined
        ? undefined
        : readRecords(context.groupProperties, "RequestContext.groupProperties", unusable)
    },
    given
  )
  return {
    distinctId: shortId(subject.distinctId, "distinctId", unusable) ?? "",
    deviceId: shortId(subject.deviceId, "deviceId", unusable),
    groups: subject.groups,
    personProperties: subject.personProperties as Properties | undefined,
    groupProperties: subject.groupProperties as Readonly<Record<string, Properties>> | undefined,
    flagKeys: isAbsent(request.flagKeys) ? undefined : keysOf(request.flagKeys, unusable),
    onlyEvaluateLocally: request.onlyEvaluateLocally === true,
    disableGeoip: typeof request.disableGeoip === "boolean" ? request.disableGeoip : undefined,
    unusable: unusable.fields
  }
}

/**
 * A request that throws when it is read: there is nobody to evaluate for, the person of the context included.
 *
 * @internal
 */
export const unreadableRequest: ResolvedRequest = { ...resolveRequest({}, {}), unusable: ["the request"] }
