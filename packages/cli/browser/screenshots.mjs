// The screenshots of the README, light and dark, wide and narrow.
import { join } from "node:path"

const customer = {
  tier: "silver",
  email: "kim+news@partner.example",
  seats: 14,
  country: "NO"
}

const events = [
  ["$feature_flag_called", { $feature_flag: "pricing-page", $feature_flag_response: "annual-first" }],
  ["checkout finished", { "$feature/pricing-page": "annual-first", "$feature/new-checkout": true, total: 42 }],
  ["upload started", { "$feature/upload-limit": true, megabytes: 12 }]
]

export const takeScreenshots = async ({ browser, definitions, folder, startDev }) => {
  const server = await startDev(definitions)
  for (const colorScheme of ["light", "dark"]) {
    for (const [name, viewport] of [["wide", { width: 1280, height: 900 }], ["narrow", { width: 360, height: 1100 }]]) {
      const context = await browser.newContext({ viewport, colorScheme })
      const page = await context.newPage()
      await page.goto(`${server.page}#vip-layout`)
      await page.locator("#detail-explanation .tree").waitFor()
      await page.locator("#distinct-id").fill("customer-6")
      await page.locator("#person-properties").fill(JSON.stringify(customer, null, 2))
      await page.locator("#detail-value", { hasText: "condition_match" }).waitFor()
      for (const [event, properties] of events) {
        await fetch(`${server.host}/batch/`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({
            api_key: "phc_test",
            batch: [{ event, distinct_id: "customer-6", properties }]
          })
        })
      }
      await page.locator("#event-list li", { hasText: "upload started" }).first().waitFor()
      // The port is another one in every run.
      await page.locator("#server-url").evaluate((node) => (node.textContent = "http://127.0.0.1:8000"))
      await page.evaluate(() => {
        document.activeElement.blur()
        for (const area of document.querySelectorAll("textarea")) area.scrollTop = 0
        scrollTo(0, 0)
      })
      // What came into view is painted a moment later.
      await page.waitForTimeout(500)
      await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) })
      await context.close()
    }
  }
  console.log(`Screenshots are in ${folder}`)
}
