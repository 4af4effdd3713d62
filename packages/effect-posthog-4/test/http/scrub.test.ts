// Generated from packages/effect-posthog/test/http/scrub.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { assert, describe, it } from "../support/effectVitest.ts"
import { scrub } from "../../src/internal/http/scrub.ts"

describe("a failure as it is shown", () => {
  const withheld = {
    secrets: ["phc_project"],
    body: JSON.stringify({ person_properties: { email: "ada@example.com" } })
  }
  const messageOf = (message: string) => scrub(new Error(message), withheld).message

  it("is without what the request held", () => {
    assert.strictEqual(messageOf("no route for ada@example.com"), "Error no route for <redacted>")
    assert.strictEqual(messageOf("phc_project is unknown"), "Error <redacted> is unknown")
  })

  it("is cut", () => {
    assert.strictEqual(messageOf("x".repeat(2000)), `Error ${"x".repeat(300)}`)
  })

  it("leaves out a message that would take long to search", () => {
    assert.strictEqual(messageOf("x".repeat(2001)), "Error <redacted>")
  })
})
