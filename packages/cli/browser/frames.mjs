// How smooth the page stays with 2,000 flags and 1,000 events a second, beside an empty page on the same machine.

const flags = Array.from({ length: 2000 }, (_, index) => ({
  id: index,
  key: `flag-${index}`,
  name: `Flag ${index}`,
  active: true,
  filters: {
    groups: [{
      properties: index % 3 === 0 ? [{ key: "tier", value: ["gold"], operator: "exact", type: "person" }] : [],
      rollout_percentage: index % 101
    }],
    multivariate: index % 5 === 0
      ? { variants: [{ key: "control", rollout_percentage: 50 }, { key: "test", rollout_percentage: 50 }] }
      : null
  }
}))

const seconds = 6

/** The intervals between frames while something goes on, in milliseconds. */
const frames = (page) =>
  page.evaluate((duration) =>
    new Promise((resolve) => {
      const found = []
      const start = performance.now()
      let last = start
      const next = (now) => {
        found.push(now - last)
        last = now
        if (now - start < duration) requestAnimationFrame(next)
        else resolve(found)
      }
      requestAnimationFrame(next)
    }), seconds * 1000)

const describe = (found) => {
  const sorted = [...found].sort((left, right) => left - right)
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(0)
  return `${found.length} frames, median ${at(0.5)} ms, 99 % within ${at(0.99)} ms, longest ${at(1)} ms`
}

/** A thousand events a second, in ten requests a second. */
const load = async (host, until) => {
  let sent = 0
  const start = Date.now()
  while (Date.now() < until) {
    const batch = Array.from({ length: 100 }, (_, index) => ({
      event: "page viewed",
      distinct_id: `person-${sent + index}`,
      properties: { "$feature/flag-1": true, "$feature/flag-5": "control", path: "/pricing" }
    }))
    await fetch(`${host}/batch/`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ api_key: "phc_test", batch })
    })
    sent += 100
    const ahead = start + sent - Date.now()
    if (ahead > 0) await new Promise((resolve) => setTimeout(resolve, ahead))
  }
  return sent
}

/** Fails only grossly: machines differ, and others work on them. */
export const measureFrames = async ({ browser, startDev }) => {
  const empty = await browser.newPage()
  const nothing = await frames(empty)
  await empty.close()
  const server = await startDev({ flags, group_type_mapping: {}, cohorts: {} })
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 } })
  await page.goto(server.page)
  await page.locator("#detail-explanation .tree").waitFor()
  const typing = (async () => {
    for (let index = 0; index < seconds; index++) {
      await page.locator("#person-properties").fill(JSON.stringify({ tier: index % 2 === 0 ? "gold" : "free" }))
      await page.waitForTimeout(700)
    }
  })()
  const [found, sent] = await Promise.all([frames(page), load(server.host, Date.now() + seconds * 1000), typing])
  const counted = page.locator("#event-count", { hasText: `${sent} events` })
  await counted.waitFor({ timeout: 10_000 })
  const rows = await page.locator("#event-list li").count()
  await page.close()
  console.log(`        an empty page:                       ${describe(nothing)}`)
  console.log(`        2,000 flags, ${(sent / seconds).toFixed(0)} events a second:   ${describe(found)}`)
  const isGross = Math.max(...found) > Math.max(1500, 10 * Math.max(...nothing)) || rows > 200
  console.log(`${isGross ? "failed" : "ok    "}  the page stays smooth and bounded under load`)
  return isGross ? 1 : 0
}
