// Generated from packages/effect-posthog/src/internal/queue/minimalExposure.ts by packages/tools/editions.mjs: change that file, not this one.
// The server SDKs' allowlists taken together. `$referrer` is on none of them.
const kept: ReadonlySet<string> = new Set([
  "$feature_flag",
  "$feature_flag_response",
  "$feature_flag_has_experiment",
  "$feature_flag_id",
  "$feature_flag_version",
  "$feature_flag_reason",
  "$feature_flag_request_id",
  "$feature_flag_evaluated_at",
  "$feature_flag_error",
  "locally_evaluated",
  "$groups",
  "$process_person_profile",
  "$geoip_disable",
  "$session_id",
  "$window_id",
  "$device_id",
  "$lib",
  "$lib_version",
  "$is_server",
  "$os",
  "$os_version",
  "$os_distro",
  "$current_url",
  "$pathname",
  "$referring_domain",
  "utm_source",
  "utm_medium",
  "utm_campaign",
  "utm_content",
  "utm_term",
  "gad_source",
  "mc_cid",
  "gclid",
  "gclsrc",
  "dclid",
  "gbraid",
  "wbraid",
  "fbclid",
  "msclkid",
  "twclid",
  "li_fat_id",
  "igshid",
  "ttclid",
  "rdt_cid",
  "epik",
  "qclid",
  "sccid",
  "irclid",
  "_kx",
  "oppref",
  "bfcid"
])

/**
 * The properties a minimal exposure keeps, as a new record.
 *
 * @internal
 */
export const minimalProperties = (properties: Readonly<Record<string, unknown>>): Record<string, unknown> => {
  const minimal: Record<string, unknown> = {}
  for (const key of Object.keys(properties)) {
    if (kept.has(key)) minimal[key] = properties[key]
  }
  return minimal
}
