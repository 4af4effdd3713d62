// Stands in for `@effect/vitest/utils`.
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as assert from "node:assert"

export const deepStrictEqual = (actual: unknown, expected: unknown, message?: string) =>
  assert.deepStrictEqual(actual, expected, message)
export const strictEqual = (actual: unknown, expected: unknown, message?: string) =>
  assert.strictEqual(actual, expected, message)
export const assertNone = (option) => assert.deepStrictEqual(option, Option.none())
export const assertSome = (option, value) => assert.deepStrictEqual(option, Option.some(value))
export const assertLeft = (result, failure) => assert.deepStrictEqual(result, Result.fail(failure))
export const assertRight = (result, value) => assert.deepStrictEqual(result, Result.succeed(value))
