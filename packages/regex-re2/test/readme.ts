import { matchProperty } from "@effect-posthog/evaluator"
import { regexEngine } from "@effect-posthog/regex-re2"

const filter = { key: "path", operator: "regex", value: "^(/[a-z]+)+$" }

export const matches = matchProperty(filter, { path: "/docs/flags" }, 0, { regexEngine })
