import { compile, evaluateAll, evaluateFlag } from "@effect-posthog/evaluator"

const { definitions, problems } = compile({
  flags: [{
    key: "new-checkout",
    active: true,
    filters: {
      groups: [{
        properties: [{ key: "plan", type: "person", operator: "exact", value: ["pro", "team"] }],
        rollout_percentage: 50
      }]
    }
  }]
})

const context = { distinctId: "user-17", personProperties: { plan: "pro" } }

export const result = evaluateFlag(definitions, "new-checkout", context, Date.now())

export const { needsRemote, results } = evaluateAll(definitions, context, Date.now())

export { problems }
