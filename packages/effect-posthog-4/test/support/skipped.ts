// Generated from packages/tools/editions/exceptions.json by packages/tools/editions.mjs: change that file, not this one.
/** Tests that do not hold for Effect 4, and why. */
export const skipped = {
  "test/exceptions/mapping.test.ts > a schema's error says what was expected and where, and none of the values": "the messages of Effect 4's schemas show no values that could be kept back",
  "test/exceptions/mapping.test.ts > a generated message is replaced by the names of the fields": "errors of Effect 4's schemas have no generated message",
  "test/exceptions/mapping.test.ts > an error that Effect annotated with its span is the same error": "Effect 4 annotates the cause instead of the error",
  "test/exceptions/mapping.test.ts > every failure is one event, in order, and the exit is what it was": "walks the tree of a cause, which is a list in Effect 4",
  "test/exceptions/mapping.test.ts > spans show the way, but belong neither to the application nor to the stack": "Effect 4 tells the names of spans without the place of a function's definition",
  "test/exceptions/reports.test.ts > failures whose siblings were interrupted say so": "Effect 4 does not tell of the interruption of siblings",
  "test/exceptions/reports.test.ts > not even a text, which is known by the cause that holds it": "Effect 4 makes a new part of a cause each time a failure passes a span",
  "test/exceptions/reports.test.ts > keeps its value, its cause, its interruption and its finalizers": "compares causes by identity, which Effect 4 does not keep",
  "test/typedFlags.test.ts > decode payloads with schemas that take their time": "builds schemas with Effect 3's transformations",
  "test/exceptions/mapping.test.ts > chains, nested causes and shared parts of any depth end in bounded time": "joins 10,000 causes, which takes Effect 4 itself half a minute",
  "test/queue/deliveryFaults.test.ts > an answer with half of its gzip is an answer": "tells of undici, and Node 20 has fetch here",
  "test/requestFlags.test.ts > lets no reader wait for one that was interrupted, whichever step that was at": "drives a scheduler of Effect 3 step by step",
  "test/spool/fileStore.test.ts > fails no layer": "quotes the words of Effect 3's PlatformError"
}
