import { addEqualityTesters, effect, flakyTest, it, layer, live, prop, scoped, scopedLive } from "@effect/vitest"

addEqualityTesters()

// `layer(...)` of @effect/vitest writes its own `effect`, `scoped` and `layer` over those of the one `it`. The files of a
// package share a worker, so each file starts with the methods that `it` was exported with.
Object.assign(it, { effect, flakyTest, layer, live, prop, scoped, scopedLive })
