import { PostHog } from "posthog-node"
import type { FeatureFlagEvaluations, PostHogOptions } from "posthog-node"
import type { User } from "../flags/mix.ts"
import type { Peer } from "./Peer.ts"

/** A client of posthog-node that talks to a loopback server. */
export const openClient = (url: string, options: PostHogOptions = {}): PostHog =>
  new PostHog("phc_bench", { host: url, disableCompression: false, ...options })

/** A client of posthog-node with its definitions loaded, which does not poll. */
export const openLocalClient = async (url: string, options: PostHogOptions = {}): Promise<PostHog> => {
  const client = openClient(url, { secretKey: "phs_bench", featureFlagsPollingInterval: null, ...options })
  if (!(await client.waitForLocalEvaluationReady())) throw new Error("posthog-node did not load its definitions")
  return client
}

/** posthog-node, evaluating locally with the definitions that it loaded from a loopback server. */
export const openPostHogNode = async (url: string, users: ReadonlyArray<User>): Promise<Peer> => {
  const client = await openLocalClient(url)
  const options = users.map(({ attributes }) => ({ onlyEvaluateLocally: true, personProperties: attributes }))
  return {
    name: "posthog-node",
    evaluate: (user) => client.evaluateFlags(users[user]?.id ?? "", options[user]),
    values: (evaluated) => {
      const snapshot = evaluated as FeatureFlagEvaluations
      return new Map(
        snapshot.keys.map((key) => [key, snapshot.getFlag(key, { sendFeatureFlagEvents: false }) ?? false])
      )
    },
    close: () => client.shutdown()
  }
}
