// What the page promises, each in a browser window of its own.
import assert from "node:assert"

/** Opens the page of a server; fails on an error in the page, and on a request to anywhere else. */
const open = async (browser, server, options = {}) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options })
  const page = await context.newPage()
  const problems = []
  page.on("pageerror", (error) => problems.push(`error in the page: ${error}`))
  page.on("console", (message) => {
    // What the browser says of answers that a check asked for.
    if (message.type() === "error" && !message.text().includes("Failed to load resource")) problems.push(message.text())
  })
  page.on("request", (request) => {
    const url = request.url()
    if (!url.startsWith(server.page) && !url.startsWith("data:")) problems.push(`a request to ${url}`)
  })
  await page.goto(server.page)
  await page.locator("#detail-explanation .tree").waitFor()
  return {
    page,
    close: async () => {
      await context.close()
      assert.deepStrictEqual(problems, [])
    }
  }
}

const post = (url, body) =>
  fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) })

const capture = (server, event, properties = {}, distinctId = "bob") =>
  post(`${server.host}/batch/`, { api_key: "phc_test", batch: [{ event, distinct_id: distinctId, properties }] })

const flagItem = (page, key) =>
  page.locator("#flag-list button", { has: page.locator(".key", { hasText: key }) }).first()

const withPage = (check, options) => async ({ browser, definitions, startDev }) => {
  const server = await startDev(definitions)
  const { close, page } = await open(browser, server, options)
  await check(page, server)
  await close()
}

const luminance = (color) => {
  const parts = color.match(/[\d.]+/g).slice(0, 3).map((part) => Number(part) / 255)
  const [red, green, blue] = parts.map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

const contrast = (one, other) => {
  const [light, dark] = [luminance(one), luminance(other)].sort((left, right) => right - left)
  return (light + 0.05) / (dark + 0.05)
}

export const checks = [
  [
    "the flags are listed with their values, and found by search",
    withPage(async (page) => {
      assert.strictEqual(await page.locator("#flag-list li").count(), 26)
      assert.strictEqual(await flagItem(page, "new-checkout").locator(".value").textContent(), "true")
      await page.locator("#search").fill("pricing")
      assert.strictEqual(await page.locator("#flag-list li:visible").count(), 1)
      assert.strictEqual(await page.locator("#flag-count").textContent(), "1 of 26")
    })
  ],

  [
    "value, reason and explanation change as somebody types",
    withPage(async (page) => {
      await flagItem(page, "gold-support").click()
      await page.locator("#detail-value", { hasText: "undecided" }).waitFor()
      await page.locator("#person-properties").fill("{\"tier\":\"gold\"}")
      await page.locator("#detail-value", { hasText: "condition_match" }).waitFor()
      assert.match(await page.locator("#detail-explanation").textContent(), /match tier exact .*is "gold"/)
      await page.locator("#person-properties").fill("{\"tier\":\"gold")
      await page.locator("#person-problem", { hasText: "not a JSON object" }).waitFor()
      await page.locator("#person-properties").fill("{\"tier\":\"free\"}")
      await page.locator("#detail-value", { hasText: "no_condition_match" }).waitFor()
      assert.strictEqual(await page.locator("#person-problem").textContent(), "")
    })
  ],

  [
    "what is missing can be added with one key",
    withPage(async (page) => {
      await flagItem(page, "company-invoices").click()
      await page.locator("#groups").fill("{\"company\":\"acme\"}")
      await page.locator("#detail-missing button", { hasText: "company.plan" }).focus()
      await page.keyboard.press("Enter")
      assert.deepStrictEqual(JSON.parse(await page.locator("#group-properties").inputValue()), {
        company: { plan: "" }
      })
    })
  ],

  [
    "percentages and variants are drawn with the person's hash on them",
    withPage(async (page) => {
      await flagItem(page, "faster-images").click()
      await page.locator("#detail-title", { hasText: "faster-images" }).waitFor()
      const rollout = page.locator("#detail-explanation .bar").first()
      await rollout.locator(".hash").waitFor()
      const wide = await rollout.boundingBox()
      const range = await rollout.locator(".range").boundingBox()
      assert.ok(Math.abs(range.width / wide.width - 0.5) < 0.02)
      const hash = Number(await rollout.locator(".hash").textContent())
      const mark = await rollout.locator(".hash").boundingBox()
      assert.ok(Math.abs((mark.x - wide.x) / wide.width - hash) < 0.02)
      await page.locator("#distinct-id").fill("somebody else")
      await page.waitForFunction((before) => Number(document.querySelector(".bar .hash").textContent) !== before, hash)
      await flagItem(page, "button-color").click()
      await page.locator("#detail-title", { hasText: "button-color" }).waitFor()
      assert.strictEqual(await page.locator("#detail-explanation .bar .range").count(), 3)
    })
  ],

  [
    "everything is done with the keyboard alone: search, choose, force",
    withPage(async (page, server) => {
      await page.keyboard.press("/")
      await page.keyboard.type("pricing")
      await page.keyboard.press("Enter")
      await page.locator("#detail-title", { hasText: "pricing-page" }).waitFor()
      await page.keyboard.press("Tab")
      const visited = []
      for (let presses = 0; presses < 12; presses++) {
        const focused = await page.evaluate(() => {
          const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement)
          return { text: document.activeElement.textContent.trim(), ring: `${outlineStyle} ${outlineWidth}` }
        })
        visited.push(focused.text)
        assert.strictEqual(focused.ring, "solid 2px", focused.text)
        if (focused.text === "annual-first") break
        await page.keyboard.press("Tab")
      }
      assert.ok(visited.includes("annual-first"), visited.join(", "))
      await page.keyboard.press("Space")
      await page.locator("#detail-value .forced").waitFor()
      const answer = await post(`${server.host}/flags/?v=2`, { token: "phc_test", distinct_id: "anybody" })
      assert.strictEqual((await answer.json()).flags["pricing-page"].variant, "annual-first")
      assert.strictEqual(await page.evaluate(() => document.activeElement.textContent), "annual-first")
      await page.keyboard.press("Shift+Tab")
      assert.ok((await page.locator("#flag-list button[aria-current=true]").count()) === 1)
    })
  ],

  [
    "arrow keys walk through the flags",
    withPage(async (page) => {
      await page.locator("#search").focus()
      await page.keyboard.press("ArrowDown")
      await page.keyboard.press("ArrowDown")
      await page.keyboard.press("Enter")
      await page.locator("#detail-title", { hasText: "maintenance-banner" }).waitFor()
    })
  ],

  [
    "a fault is switched on and off",
    withPage(async (page, server) => {
      const ask = async () =>
        (await post(`${server.host}/flags/?v=2`, { token: "phc_test", distinct_id: "bob" })).status
      const choice = page.locator("select[data-endpoint=flags]")
      const changed = () => page.waitForResponse((response) => response.url().endsWith("/api/fault"))
      await Promise.all([changed(), choice.selectOption("answers 503")])
      assert.strictEqual(await ask(), 503)
      await Promise.all([changed(), choice.selectOption("none")])
      assert.strictEqual(await ask(), 200)
    })
  ],

  [
    "events arrive with the flag values they carry",
    withPage(async (page, server) => {
      await capture(server, "paid", { "$feature/pricing-page": "annual-first", amount: 12 })
      const item = page.locator("#event-list li", { hasText: "paid" })
      await item.locator(".tag", { hasText: "pricing-page = annual-first" }).waitFor()
      await item.locator("summary").click()
      await item.locator("pre", { hasText: "\"amount\":12" }).waitFor()
      await page.locator("#pause").click()
      await capture(server, "unseen")
      await page.locator("#event-count", { hasText: "2 events, paused" }).waitFor()
      assert.strictEqual(await page.locator("#event-list li", { hasText: "unseen" }).count(), 0)
    })
  ],

  ["hostile definitions and events stay text", async ({ browser, startDev }) => {
    const attack = "<img src=x onerror=\"window.attacked=1\"><script>window.attacked=1</script>"
    const flag = {
      key: attack,
      name: attack,
      active: true,
      filters: {
        groups: [{
          properties: [{ key: attack, value: attack, operator: "exact", type: "person" }],
          rollout_percentage: 50
        }],
        multivariate: { variants: [{ key: attack, rollout_percentage: 100 }] },
        payloads: { [attack]: JSON.stringify(attack) }
      }
    }
    const proto = { key: "__proto__", active: true, filters: { groups: [{}] } }
    const turned = { key: "a\u202eb\u001b[31m", active: true, filters: { groups: [{}] } }
    const server = await startDev({ flags: [flag, proto, turned], group_type_mapping: {}, cohorts: {} })
    const { close, page } = await open(browser, server)
    await page.locator("#detail-missing button").click()
    await page.locator("#detail-force button", { hasText: "<img" }).click()
    await page.locator("#detail-value .forced").waitFor()
    await flagItem(page, "__proto__").click()
    await page.locator("#detail-title", { hasText: "__proto__" }).waitFor()
    await capture(server, attack, { [`$feature/${attack}`]: attack, $set: attack }, attack)
    await page.locator("#event-list li", { hasText: "<script>" }).first().locator("summary").click()
    assert.strictEqual(await page.evaluate(() => window.attacked), undefined)
    assert.strictEqual(await page.evaluate(() => ({}).plan), undefined)
    assert.strictEqual(await page.locator("img, main script").count(), 0)
    assert.strictEqual(await page.locator(".key", { hasText: "a\\u202eb\\u001b[31m" }).count(), 1)
    await close()
  }],

  ["a change of the file shows without a reload of the page", async ({ browser, definitions, startDev }) => {
    const { writeFileSync } = await import("node:fs")
    const server = await startDev(definitions)
    const { close, page } = await open(browser, server)
    writeFileSync(server.file, JSON.stringify({ ...definitions, flags: definitions.flags.slice(0, 3) }))
    await page.locator("#flag-count", { hasText: /^3$/ }).waitFor()
    writeFileSync(server.file, "{ broken")
    await page.locator("#notice", { hasText: "line" }).or(page.locator("#notice", { hasText: "not JSON" })).waitFor()
    assert.strictEqual(await page.locator("#flag-list li").count(), 3)
    await close()
  }],

  ...["light", "dark"].map((colorScheme) => [
    `every text has a contrast of 4.5 at least, ${colorScheme}`,
    withPage(async (page) => {
      await flagItem(page, "pricing-page").click()
      const pairs = await page.evaluate(() => {
        const style = getComputedStyle(document.documentElement)
        const resolve = (name) => {
          const probe = document.createElement("span")
          probe.style.color = style.getPropertyValue(name)
          document.body.append(probe)
          const { color } = getComputedStyle(probe)
          probe.remove()
          return color
        }
        const texts = ["--text", "--soft", "--accent", "--on", "--off", "--unsure", "--bad"]
        const backs = ["--back", "--panel", "--accent-soft"]
        const ranges = ["--range-a", "--range-b", "--range-c", "--range-d"]
        return [
          ...texts.flatMap((text) => backs.map((back) => [text, back])),
          ...ranges.map((back) => ["--text", back])
        ].map(([text, back]) => ({ name: `${text} on ${back}`, colors: [resolve(text), resolve(back)] }))
      })
      for (const { colors: [text, back], name } of pairs) {
        assert.ok(contrast(text, back) >= 4.5, `${name}: ${contrast(text, back).toFixed(2)}`)
      }
    }, { colorScheme })
  ]),

  [
    "nothing sticks out at 360 px",
    withPage(async (page, server) => {
      await flagItem(page, "button-color").click()
      await capture(server, `an event with a long name ${"x".repeat(300)}`, {
        "$feature/button-color": "y".repeat(300)
      })
      await page.locator("#event-list li .tag").waitFor()
      const { client, scroll } = await page.evaluate(() => ({
        client: document.documentElement.clientWidth,
        scroll: document.documentElement.scrollWidth
      }))
      assert.ok(scroll <= client, `${scroll} wide in a window of ${client}`)
      for (
        const control of await page.locator("button:visible, input:visible, select:visible, textarea:visible").all()
      ) {
        const box = await control.boundingBox()
        assert.ok(box.x >= 0 && box.x + box.width <= 360, await control.evaluate((node) => node.outerHTML.slice(0, 80)))
      }
    }, { viewport: { width: 360, height: 740 } })
  ],

  [
    "every control has a name",
    withPage(async (page) => {
      const nameless = await page.evaluate(() =>
        [...document.querySelectorAll("button, input, select, textarea")]
          .filter((node) => (node.labels?.length ?? 0) === 0 && node.textContent.trim() === "" && !node.ariaLabel)
          .map((node) => node.outerHTML)
      )
      assert.deepStrictEqual(nameless, [])
    })
  ]
]
