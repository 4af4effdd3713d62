export interface StartUpOptions {
  readonly library: "effect-posthog" | "posthog-node"
  readonly url: string
}

/** Milliseconds. */
export interface StartUpResult {
  /** Loading effect and its HTTP client, which an application of Effect has loaded anyway; 0 for others. */
  readonly effect: number
  /** Loading the library, beside that. */
  readonly load: number
  /** Making a client, without its definitions. */
  readonly build: number
  /** From there to the first evaluation of all flags, definitions fetched from loopback. */
  readonly firstEvaluation: number
  /** The same evaluation again. */
  readonly secondEvaluation: number
}

export const run = ({ library, url }: StartUpOptions): Promise<StartUpResult> =>
  library === "effect-posthog" ? ours(url) : theirs(url)

const ours = async (url: string): Promise<StartUpResult> => {
  const lap = laps()
  const [Effect, Layer, ManagedRuntime, Redacted, FetchHttpClient] = await Promise.all([
    import("effect/Effect"),
    import("effect/Layer"),
    import("effect/ManagedRuntime"),
    import("effect/Redacted"),
    import("@effect/platform/FetchHttpClient")
  ])
  const effect = lap()
  const { evaluateFlags, LocalEvaluator, PostHog } = await import("effect-posthog")
  const load = lap()
  const runtime = ManagedRuntime.make(
    PostHog.layer({ apiKey: Redacted.make("phc_bench"), secretKey: Redacted.make("phs_bench"), host: url }).pipe(
      Layer.provide(FetchHttpClient.layer)
    )
  )
  await runtime.runPromise(Effect.void)
  const build = lap()
  const evaluate = evaluateFlags({ distinctId: "user-1", personProperties: attributes, onlyEvaluateLocally: true })
  await runtime.runPromise(Effect.zipRight(Effect.flatMap(LocalEvaluator, ({ ready }) => ready), evaluate))
  const firstEvaluation = lap()
  await runtime.runPromise(evaluate)
  return { effect, load, build, firstEvaluation, secondEvaluation: lap() }
}

const theirs = async (url: string): Promise<StartUpResult> => {
  const lap = laps()
  const { PostHog } = await import("posthog-node")
  const load = lap()
  const client = new PostHog("phc_bench", { host: url, secretKey: "phs_bench", featureFlagsPollingInterval: null })
  const build = lap()
  await client.waitForLocalEvaluationReady()
  const evaluate = () => client.evaluateFlags("user-1", { personProperties: attributes, onlyEvaluateLocally: true })
  await evaluate()
  const firstEvaluation = lap()
  await evaluate()
  return { effect: 0, load, build, firstEvaluation, secondEvaluation: lap() }
}

const attributes = {
  plan: "pro",
  country: "DE",
  email: "somebody@example.com",
  sku: "b2b-7",
  seats: 12,
  app_version: "2.4.1"
}

const laps = () => {
  let last = performance.now()
  return () => {
    const now = performance.now()
    const lap = now - last
    last = now
    return lap
  }
}
