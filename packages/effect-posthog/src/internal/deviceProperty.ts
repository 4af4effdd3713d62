/**
 * The device that the properties of a person name, if they do.
 *
 * @internal
 */
export const devicePropertyOf = (
  personProperties: Readonly<Record<string, unknown>> | undefined
): string | undefined => {
  const named = personProperties?.["$device_id"]
  return typeof named === "string" && named !== "" ? named : undefined
}
