// What the Effect 4 edition calls differently. `editions.mjs` applies these tables, in this order, to every file of the
// Effect 3 sources; what no table can say is in the files `*.edits` and in the folders beside this module.

/** Modules that moved. Those of `@effect/platform` that are not named here are in `effect/http`. */
export const modules = {
  "@effect/platform-node/NodeContext": "@effect/platform-node/NodeServices",
  "@effect/platform/Error": "effect/PlatformError",
  "@effect/platform/FileSystem": "effect/FileSystem",
  "@effect/platform/HttpApi": "effect/http-api/HttpApi",
  "@effect/platform/HttpApiBuilder": "effect/http-api/HttpApiBuilder",
  "@effect/platform/HttpApiEndpoint": "effect/http-api/HttpApiEndpoint",
  "@effect/platform/HttpApiError": "effect/http-api/HttpApiError",
  "@effect/platform/HttpApiGroup": "effect/http-api/HttpApiGroup",
  "@effect/platform/HttpApiSchema": "effect/http-api/HttpApiSchema",
  "@effect/platform/KeyValueStore": "effect/persistence/KeyValueStore",
  "@effect/platform/Path": "effect/Path",
  "effect/Either": "effect/Result",
  "effect/FastCheck": "fast-check",
  "effect/ParseResult": "effect/SchemaIssue",
  "effect/TestClock": "effect/testing/TestClock"
}

/** Packages whose modules are all in one folder of `effect`. */
export const packages = {
  "@effect/platform": "effect/http",
  "@effect/opentelemetry": "effect/observability",
  "@effect/rpc": "effect/rpc",
  "@effect/workflow": "effect/workflow"
}

/** Names of modules, where only the name changed. */
export const names = {
  "Cause.failureOption": "Cause.findErrorOption",
  "Cause.isInterrupted": "Cause.hasInterrupts",
  "Cause.isInterruptedOnly": "Cause.hasInterruptsOnly",
  "Chunk.unsafeFromArray": "Chunk.fromArrayUnsafe",
  "Config.boolean": "Config.Boolean",
  "Config.integer": "Config.Int",
  "Config.number": "Config.Number",
  "Config.redacted": "Config.Redacted",
  "Config.string": "Config.String",
  "Config.Config.Wrap": "Config.Wrap",
  "Context.unsafeGet": "Context.getUnsafe",
  "Config.Config.Error": "Config.ConfigError",
  "DateTime.unsafeMake": "DateTime.makeUnsafe",
  "Deferred.unsafeDone": "Deferred.doneUnsafe",
  "Duration.DurationInput": "Duration.Input",
  "Duration.decode": "Duration.fromInputUnsafe",
  "Duration.decodeUnknown": "Duration.fromInput",
  "Duration.greaterThan": "Duration.isGreaterThan",
  "Duration.lessThan": "Duration.isLessThan",
  "Duration.unsafeToNanos": "Duration.toNanosUnsafe",
  "Effect.async": "Effect.callback",
  "Effect.clock": "Clock.Clock",
  "Effect.disconnect": "disconnect",
  "Effect.locally": "Effect.provideService",
  "Effect.locallyWith": "Effect.updateService",
  "Effect.once": "Effect.cached",
  "Effect.runtime": "Effect.context",
  "Effect.tapErrorCause": "Effect.tapCause",
  "Runtime.Runtime": "Context.Context",
  "Runtime.runFork": "Effect.runForkWith",
  "Runtime.runPromise": "Effect.runPromiseWith",
  "Runtime.runSync": "Effect.runSyncWith",
  "Effect.catchAll": "Effect.catch",
  "Effect.catchAllCause": "Effect.catchCause",
  "Effect.catchAllDefect": "Effect.catchDefect",
  "Effect.contextWithEffect": "Effect.contextWith",
  "Effect.either": "Effect.result",
  "Effect.fork": "Effect.forkChild",
  "Effect.forkDaemon": "Effect.forkDetach",
  "Effect.mapInputContext": "Effect.updateContext",
  "Effect.withFiberRuntime": "Effect.withFiber",
  "Effect.zipLeft": "Effect.tap",
  "Effect.zipRight": "Effect.andThen",
  "Exit.isInterrupted": "Exit.hasInterrupts",
  "Fiber.RuntimeFiber": "Fiber.Fiber",
  "Fiber.getCurrentFiber": "Fiber.getCurrent",
  "FiberRef.FiberRef": "Context.Reference",
  "FiberRef.currentLogAnnotations": "References.CurrentLogAnnotations",
  "FiberRef.currentMinimumLogLevel": "References.MinimumLogLevel",
  "FiberRef.currentTracerEnabled": "References.TracerEnabled",
  "FiberRef.update": "updateReference",
  "HttpClientError.RequestError": "HttpClientError.HttpClientError",
  "HttpClientError.ResponseError": "HttpClientError.HttpClientError",
  "HttpClientRequest.bodyUnsafeJson": "HttpClientRequest.bodyJsonUnsafe",
  "HttpServerResponse.unsafeJson": "HttpServerResponse.jsonUnsafe",
  "Effect.Semaphore": "Semaphore.Semaphore",
  "Effect.unsafeMakeSemaphore": "Semaphore.makeUnsafe",
  "Effect.makeSemaphore": "Semaphore.make",
  "Layer.scopedContext": "Layer.effectContext",
  "Scope.CloseableScope": "Scope.Closeable",
  "Layer.scoped": "Layer.effect",
  "Layer.scopedDiscard": "Layer.effectDiscard",
  "Layer.unwrapEffect": "Layer.unwrap",
  "Layer.unwrapScoped": "Layer.unwrap",
  "Layer.tapErrorCause": "Layer.tapCause",
  "Logger.formatLogfmt": "Logger.formatLogFmt",
  "Logger.logfmtLogger": "Logger.formatLogFmt",
  "LogLevel.Debug": "\"Debug\"",
  "LogLevel.Error": "\"Error\"",
  "LogLevel.Fatal": "\"Fatal\"",
  "LogLevel.Info": "\"Info\"",
  "LogLevel.None": "\"None\"",
  "LogLevel.Warning": "\"Warn\"",
  "LogLevel.greaterThan": "LogLevel.isGreaterThan",
  "LogLevel.greaterThanEqual": "LogLevel.isGreaterThanOrEqualTo",
  "LogLevel.lessThan": "LogLevel.isLessThan",
  "LogLevel.lessThanEqual": "LogLevel.isLessThanOrEqualTo",
  "Logger.Logger.Options": "Logger.Options",
  "Metric.Metric.Counter": "Metric.Counter",
  "Metric.Metric.Gauge": "Metric.Gauge",
  "Metric.trackDuration": "Effect.trackDuration",
  "Option.fromNullable": "Option.fromNullishOr",
  "Predicate.isReadonlyRecord": "Predicate.isReadonlyObject",
  "Predicate.isRecord": "Predicate.isObject",
  // In Effect 4 `takeAll` waits for a first one.
  "Queue.takeAll": "Queue.clear",
  "Random.nextRange": "Random.nextBetween",
  "Schema.decodeUnknown": "Schema.decodeUnknownEffect",
  "Scope.extend": "Scope.provide",
  "Stream.catchAll": "Stream.catch",
  "Stream.catchAllCause": "Stream.catchCause",
  "Stream.execute": "Stream.fromEffectDrain",
  "TestContext.TestContext": "TestClock.layer()",
  "Either.Either": "Result.Result",
  "Either.right": "Result.succeed",
  "Either.left": "Result.fail",
  "Either.isLeft": "Result.isFailure",
  "Either.getLeft": "Result.getFailure",
  "Either.getRight": "Result.getSuccess",
  "Either.isRight": "Result.isSuccess"
}

/** Names that only tests use. */
export const testNames = {
  "Cause.isDie": "Cause.hasDies",
  "Cause.parallel": "Cause.combine",
  "Cause.sequential": "Cause.combine",
  "DateTime.unsafeMakeZoned": "DateTime.makeZonedUnsafe",
  "Config.nonEmptyString": "Config.NonEmptyString",
  "ConfigProvider.fromJson": "ConfigProvider.fromUnknown",
  "Effect.iterate": "iterate",
  "Fiber.interrupt": "interruptFiber",
  "Fiber.interruptFork": "Fiber.interrupt",
  "NodeHttpClient.layerWithoutAgent": "NodeHttpClient.layerNodeHttpNoAgent",
  "NodeHttpClient.makeAgentLayer": "NodeHttpClient.layerAgentOptions",
  "Layer.setConfigProvider": "ConfigProvider.layer",
  "LogLevel.All": "\"All\"",
  "Logger.jsonLogger": "Logger.formatJson",
  "Logger.make": "makeLogger",
  "Logger.none": "makeLogger(() => {})",
  "NodeContext.layer": "NodeServices.layer",
  "Chunk.toReadonlyArray": "Array.from",
  "Option.getRight": "Option.getSuccess",
  "Either.mapLeft": "Result.mapError",
  "Random.fixed": "fixedRandom",
  "Runtime.makeFiberFailure": "Cause.squash",
  "Schema.parseJson": "Schema.fromJsonString",
  "Logger.stringLogger": "Logger.formatSimple",
  "Logger.structuredLogger": "Logger.formatStructured",
  "TestClock.currentTimeMillis": "Clock.currentTimeMillis",
  "TestContext.TestContext": "TestClock.layer"
}

/** Members of values: of fibers, clocks, metrics. */
export const members = {
  getFiberRef: "getRef",
  currentContext: "context",
  unsafeMap: "mapUnsafe",
  currentScheduler: "cache.scheduler",
  currentSpan: "cache.span",
  unsafePoll: "pollUnsafe",
  unsafeCurrentTimeMillis: "currentTimeMillisUnsafe",
  // What is measured with it is elapsed time; in Effect 4 the other clock of nanoseconds tells the time of day.
  unsafeCurrentTimeNanos: "monotonicTimeNanosUnsafe"
}

const matched = (pattern, text) => {
  const match = pattern.exec(text)
  if (match === null) throw new Error(`No rule of packages/tools/editions/rules.mjs fits this call: ${text}`)
  return match
}

/** Calls whose arguments changed. Each gets the arguments as text, and gives the whole call. */
export const calls = {
  "Context.GenericTag": ([key], types) => `Context.Service${types}(${key})`,
  "Layer.map": ([layer, f]) => `Layer.flatMap(${layer}, (given) => Layer.succeedContext((${f})(given)))`,
  "Cause.isEmpty": ([cause]) => `(${cause}.reasons.length === 0)`,
  "Cause.isEmptyType": ([cause]) => `(${cause}.reasons.length === 0)`,
  "Stream.interruptWhenDeferred": ([stream, deferred]) =>
    `Stream.interruptWhen(${stream}, Deferred.await(${deferred}))`,
  "Layer.setTracer": ([tracer]) => `Layer.succeed(Tracer.Tracer, ${tracer})`,
  "Logger.add": ([logger]) => `Logger.layer([${logger}], { mergeWithExisting: true })`,
  "Logger.addScoped": ([logger]) => `Logger.layer([${logger}], { mergeWithExisting: true })`,
  "Logger.minimumLogLevel": ([level]) => `Layer.succeed(References.MinimumLogLevel, ${level})`,
  "Logger.remove": () => "Logger.layer([])",
  "Logger.replace": ([, logger]) => `Logger.layer([${logger}])`,
  "Metric.tagged": (given) => {
    const [value, key, metric] = [...given].reverse()
    return `Metric.withAttributes(${metric === undefined ? "" : `${metric}, `}{ [${key}]: ${value} })`
  },
  "Metric.increment": ([metric]) => `Metric.update(${metric}, 1)`,
  "Metric.incrementBy": ([metric, by]) => `Metric.update(${metric}, ${by})`,
  "Metric.set": ([metric, value]) => `Metric.update(${metric}, ${value})`,
  "Effect.yieldNow": () => "Effect.yieldNow",
  "Schema.Literal": (values) => values.length === 1 ? undefined : `Schema.Literals([${values.join(", ")}])`,
  "Schema.Tuple": (members) => members[0]?.startsWith("[") ? undefined : `Schema.Tuple([${members.join(", ")}])`,
  "Schema.Union": (members) => members[0]?.startsWith("[") ? undefined : `Schema.Union([${members.join(", ")}])`,
  // `HttpRouter.empty.pipe(HttpRouter.get(path, handler), ..., HttpServer.serve(middleware))`, or without a server.
  "HttpRouter.empty.pipe": (given) => {
    const route = /^HttpRouter\.(get|post)\(([^]*)\)$/
    const routes = given.flatMap((argument) => {
      const [, method, rest] = route.exec(argument) ?? []
      return method === undefined ? [] : [`HttpRouter.route("${method.toUpperCase()}", ${rest})`]
    })
    const rest = given.filter((argument) => !route.test(argument))
    if (rest.some((argument) => !argument.startsWith("HttpServer.") && !argument.startsWith("Layer."))) return undefined
    const [server, ...others] = rest
    const all = `HttpRouter.addAll([${routes.join(", ")}])`
    if (server === undefined) return `Effect.flatten(HttpRouter.toHttpEffect(${all}))`
    const [, middleware] = matched(/^HttpServer\.serve\(([^]*)\)$/, server)
    const served =
      `HttpRouter.serve(${all}, { disableLogger: true, disableListenLog: true, middleware: ${middleware} })`
    return others.length === 0 ? served : `${served}.pipe(${others.join(", ")})`
  },
  "Deferred.unsafeMake": (_arguments, types) => `Deferred.makeUnsafe${types}()`,
  // A fiber of Effect 3 begins as interruptible as the fiber that forks it.
  "Effect.fork": (given) => `Effect.forkChild(${[...given, "{ uninterruptible: \"inherit\" }"].join(", ")})`,
  "Effect.forkIn": ([first, scope]) => scope === undefined ? `forkIn(${first})` : `forkIn(${scope})(${first})`,
  "Effect.forkScoped": (given) =>
    /uninterruptible: "inherit"/.test(given.at(-1))
      ? undefined
      : `Effect.forkScoped(${[...given, "{ uninterruptible: \"inherit\" }"].join(", ")})`,
  "FiberRef.get": ([reference]) => reference,
  // `globalValue(id, () => FiberRef.unsafeMake<A>(initial))`
  globalValue: ([id, make]) => {
    const [, type, initial] = matched(
      /FiberRef\.unsafeMake<([^]+?)>\(([^,]+?)(?:, \{ join: \(parent\) => parent \})?\)$/,
      make
    )
    return `Context.Reference<${type}>(${id}, { defaultValue: () => (${initial}) })`
  },
  // An effect and options, or options: `{ duration, onSuccess, onTimeout }`.
  "Effect.timeoutTo": (given) => {
    const [, duration, onSuccess, onTimeout] = matched(
      /^\{\s*duration(?:: ([^]+?))?,\s*onSuccess: ([^]+?),\s*onTimeout: ([^]+?),?\s*\}$/,
      given.at(-1)
    )
    const mapped = `Effect.map(Option.match({ onNone: ${onTimeout}, onSome: ${onSuccess} }))`
    return given.length === 2
      ? `Effect.timeoutOption(${given[0]}, ${duration ?? "duration"}).pipe(${mapped})`
      : `((self) => Effect.timeoutOption(self, ${duration ?? "duration"}).pipe(${mapped}))`
  },
  // One of options: `{ duration, onTimeout }`, or an effect and options.
  "Effect.timeoutFail": (given) => {
    const options = matched(/^\{([^]*)\}$/, given.at(-1).trim())[1].replace(
      /onTimeout: \(\) =>\s*([^]*)$/,
      (_all, failure) => `orElse: () => Effect.fail(${failure.trim().replace(/,$/, "")}) `
    )
    return `Effect.timeoutOrElse(${[...given.slice(0, -1), `{${options}}`].join(", ")})`
  }
}

/** The objects of fast-check 4 have no prototype, now and then. */
const withPrototype = (name, least) => (given) => {
  if (given.length > least && given.at(-1).startsWith("{ noNullPrototype")) return undefined
  const [constraints, ...rest] = given.length > least ? [...given].reverse() : ["{}", ...[...given].reverse()]
  const more = constraints.replace(/^\{\s*/, "{ noNullPrototype: true, ").replace(/, \}$/, " }")
  return `${name}(${[...rest.reverse(), more].join(", ")})`
}

for (const namespace of ["FastCheck", "fc"]) {
  calls[`${namespace}.dictionary`] = withPrototype(`${namespace}.dictionary`, 2)
  calls[`${namespace}.record`] = withPrototype(`${namespace}.record`, 1)
}

const provided = (reference) => (given) =>
  `Effect.provideService(${[...given.slice(0, -1), reference, given.at(-1)].join(", ")})`

/** Calls that only tests make. */
export const testCalls = {
  "ConfigProvider.fromMap": ([map]) => `ConfigProvider.fromEnv({ env: Object.fromEntries(${map}) })`,
  "Effect.dieMessage": ([message]) => `Effect.die(new Error(${message}))`,
  "Effect.logWithLevel": ([level, ...messages]) =>
    messages.length === 0 ? undefined : `Effect.logWithLevel(${level})(${messages.join(", ")})`,
  "Layer.fail": ([error]) => `Layer.effectDiscard(Effect.fail(${error}))`,
  "Effect.orDieWith": ([effect, toDefect]) => `Effect.orDie(Effect.mapError(${effect}, ${toDefect}))`,
  "Effect.repeatN": (given) => `Effect.repeat(${[...given.slice(0, -1), `{ times: ${given.at(-1)} }`].join(", ")})`,
  "Effect.withClock": provided("Clock.Clock"),
  "Effect.withConfigProvider": provided("ConfigProvider.ConfigProvider"),
  "Effect.withConsole": provided("Console.Console"),
  "Effect.withRandom": provided("Random.Random"),
  "HttpMiddleware.withTracerDisabledWhen": ([predicate]) =>
    `Layer.provide(Layer.succeed(HttpMiddleware.TracerDisabledWhen, ${predicate}))`,
  "Fiber.poll": ([fiber]) => `Effect.sync(() => Option.fromUndefinedOr(${fiber}.pollUnsafe()))`,
  "Logger.withMinimumLogLevel": provided("References.MinimumLogLevel"),
  "Stream.dieMessage": ([message]) => `Stream.die(new Error(${message}))`
}

/** Methods whose arguments changed. */
export const methods = {
  unsafeOffer: (target, [value]) => `Queue.offerUnsafe(${target}, ${value})`,
  unsafeUpdate: (target, [by, tags]) => `${target}.updateUnsafe(${by}, ${tags === "[]" ? "Context.empty()" : tags})`,
  unsafeInterruptAsFork: (target) => `${target}.interruptUnsafe()`
}

/** The rest, as text. */
export const texts = [
  [/\bEither\./g, "Result."],
  [/\b(\w+)\.getRef\(FiberRef\.currentMetricLabels\)/g, "$1.context"],
  [/ReadonlyArray<MetricLabel\.MetricLabel>/g, "Context.Context<never>"],
  [/\bEffect\.forkScoped(?![\w(])/g, "Effect.forkScoped({ uninterruptible: \"inherit\" })"],
  [/(?<!`)\bEffect\.forkChild(?![\w(])/g, "Effect.forkChild({ uninterruptible: \"inherit\" })"],
  [/(\w+(?:\.\w+)*)\._tag === "SystemError" && \1\.reason === /g, "$1.reason._tag === "],
  [
    /error\._tag === "ResponseError" \? answered\(error\.response\.status\)/g,
    "error.response !== undefined ? answered(error.response.status)"
  ],
  [
    /^( *\* )import \{ ([\w, ]+) \} from "@effect\/platform"$/gm,
    (_all, start, names) =>
      names.split(", ").map((name) =>
        `${start}import * as ${name} from "${modules[`@effect/platform/${name}`] ?? `effect/http/${name}`}"`
      ).join("\n")
  ],
  [/an `@effect\/platform` HTTP server/g, "an HTTP server of Effect"],
  // The arbitraries of fast-check 4 have dates that are none.
  [/\b(fc|FastCheck)\.date\(\{(?![^}]*noInvalidDate)/g, "$1.date({ noInvalidDate: true,"],
  [/\b(fc|FastCheck)\.date\(\)/g, "$1.date({ noInvalidDate: true })"],
  [/import \{ globalValue \} from "effect\/GlobalValue"\n/g, ""],
  [/^(\s*)\.unwrapEffect\(/gm, "$1.unwrap("],
  [/\bParseResult\.ParseIssue\b/g, "SchemaIssue.Issue"],
  [/\bParseResult\b/g, "SchemaIssue"],
  [/\bParseIssue\b/g, "Issue"],
  [/"TupleType"/g, "\"Arrays\""],
  [/"TypeLiteral"/g, "\"Objects\""],
  [
    /error\._tag === "ResponseError" && error\.reason === "StatusCode"/g,
    "error._tag === \"HttpClientError\" && error.reason._tag === \"StatusCodeError\""
  ],
  [/error\.reason === "EmptyBody"/g, "error.reason._tag === \"EmptyBodyError\""],
  [/new Cause\.RuntimeException\(/g, "new Error("],
  [/pollUnsafe\(\) === null/g, "pollUnsafe() === undefined"],
  [/pollUnsafe\(\) !== null/g, "pollUnsafe() !== undefined"],
  [/\["Type"\]/g, "[\"Service\"]"],
  [/import \{ isRecord \} from "effect\/Predicate"/g, "import { isObject as isRecord } from \"effect/Predicate\""],
  [/\bimport( type)? \* as Either from/g, "import$1 * as Result from"],
  [/Context\.Tag\.Service<(\w+)>/g, "$1[\"Service\"]"],
  [/typeof (\w+)\.Service\.(\w+)\b/g, "$1[\"Service\"][\"$2\"]"],
  [/typeof (\w+)\.Service\b/g, "$1[\"Service\"]"],
  [
    /Context\.Reference<\w+>\(\)\(("[^"]+"), \{(\s*)defaultValue: \(\): ([\w.| ]+) =>/g,
    "Context.Reference<$3>($1, {$2defaultValue: (): $3 =>"
  ],
  [
    /Context\.Reference<\w+>\(\)\(("[^"]+"), \{(\s*)defaultValue: \(\) => (true|false)/g,
    "Context.Reference<boolean>($1, {$2defaultValue: () => $3"
  ],
  [/Schema\.Record\(\{ key: ([^,]+), value: ([^}]+?) \}\)/g, "Schema.Record($1, $2)"],
  [/\bSchema\.Schema<([^<>,]+), ([^<>]+)>/g, "Schema.Codec<$1, $2>"],
  [/import type \{ ConfigError \} from "effect\/ConfigError"\n/g, ""],
  [/(?<![\w.`"])ConfigError\b(?! extends)/g, "Config.ConfigError"]
]

/** The rest of the tests. */
export const testTexts = [
  [
    /\b(fc|FastCheck)\.string16bits\(\)/g,
    "$1.array($1.nat({ max: 0xffff })).map((codes) => String.fromCharCode(...codes))"
  ],
  [/\bfc\.fullUnicodeString\(\)/g, "fc.string({ unit: \"binary\" })"],
  [/\bSchema\.Date\b/g, "Schema.DateFromString"],
  [
    /span: \(name, parent, context, links, startTime, kind\) =>/g,
    "span: ({ annotations: context, kind, links, name, parent, startTime }) =>"
  ],
  [/^ *context: \((\w+)\) => \1\(\),?\n/gm, ""],
  [/import \* as NodeContext/g, "import * as NodeServices"],
  [/^(import \{[^}]*)\bNodeContext\b([^}]*\} from "@effect\/platform-node")$/gm, "$1NodeServices$2"],
  [/\bNodeHttpClient\.layer\b/g, "NodeHttpClient.layerNodeHttp"],
  [/new HttpClientError\.HttpClientError\(/g, "httpClientError("],
  [/assert\.isNull\(([^\n]*)pollUnsafe\(\)/g, "assert.isUndefined($1pollUnsafe()"],
  [/assert\.isNotNull\(([^\n]*)pollUnsafe\(\)/g, "assert.isDefined($1pollUnsafe()"]
]

/** What tests have in a module of their own. */
export const testOwn = {
  disconnect: "src/internal/disconnect.ts",
  forkIn: "src/internal/forkIn.ts",
  interruptFiber: "test/support/standIns.ts",
  fixedRandom: "test/support/standIns.ts",
  httpClientError: "test/support/standIns.ts",
  iterate: "test/support/standIns.ts",
  makeLogger: "test/support/standIns.ts"
}

/** Modules that stand in for others in tests. */
export const standIns = {
  "@effect/vitest": "test/support/effectVitest.ts",
  "@effect/vitest/utils": "test/support/assertions.ts"
}

/** What the barrel of `effect` no longer has, as imports of their own. */
export const fromBarrel = {
  Either: "import * as Result from \"effect/Result\"",
  FastCheck: "import * as FastCheck from \"fast-check\"",
  "FastCheck as fc": "import * as fc from \"fast-check\"",
  ParseResult: "import * as SchemaIssue from \"effect/SchemaIssue\"",
  TestClock: "import * as TestClock from \"test/support/testClock.ts\"",
  TestContext: "import * as TestClock from \"test/support/testClock.ts\""
}

/** The rest, in files that use `Either`. */
export const eitherTexts = [
  [/(?<!\.|Either)\.right\b/g, ".success"],
  [/(?<!\.|Either)\.left\b/g, ".failure"],
  [/\bonRight\b/g, "onSuccess"],
  [/\bonLeft\b/g, "onFailure"],
  [/"Right"/g, "\"Success\""],
  [/"Left"/g, "\"Failure\""]
]

/** What the edition has in a module of its own, and from where to import it. */
export const own = {
  disconnect: "src/internal/disconnect.ts",
  forkIn: "src/internal/forkIn.ts",
  lastReference: "src/internal/references.ts",
  schemaName: "src/internal/schemaName.ts",
  updateReference: "src/internal/references.ts"
}
