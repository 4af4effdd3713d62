// The page: no framework, no build. Everything that arrives is foreign, and becomes text, never markup.

/** @typedef {{ key: string, name: string, active: boolean, variants: string[], payloads: { value: string, payload: unknown }[], forced: boolean | string | null }} Flag */
/** @typedef {{ revision: number, kept: string | null, problems: number, server: { url: string, projectKey: string | null, secretKey: string | null }, flags: Flag[], endpoints: string[], faults: string[], activeFaults: Record<string, string> }} State */
/** @typedef {{ distinctId: string, deviceId?: string, personProperties: object, groups: object, groupProperties: object }} Person */
/** @typedef {{ kind: string, name: string, who: string, status?: number, timestamp?: string, flags?: Record<string, string>, properties?: string }} Arrived */
/** @typedef {Record<string, any>} Tree */

/** @template {HTMLElement} E @param {string} id @param {new () => E} type @returns {E} */
const byId = (id, type) => {
  const found = document.getElementById(id)
  if (found instanceof type) return found
  throw new Error(`The page has no ${id}`)
}

/** @param {string} tag @param {string} className @param {...(Node | string)} children */
const element = (tag, className, ...children) => {
  const made = document.createElement(tag)
  if (className !== "") made.className = className
  made.append(...children)
  return made
}

const hidden = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu

/** Text on one line, with marks that hide or turn text around written out. @param {string} text */
const visible = (text) =>
  text.replace(hidden, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)

/** @param {unknown} value @param {number} [limit] */
const shown = (value, limit = 200) => {
  const text = visible(JSON.stringify(value) ?? "nothing")
  return text.length > limit ? `${text.slice(0, limit)}…` : text
}

/** @param {string} path @param {unknown} [body] */
const ask = async (path, body) => {
  const answer = await fetch(
    path,
    body === undefined ? {} : {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body)
    }
  )
  const result = await answer.json()
  if (!answer.ok) throw new Error(result.problem ?? `status ${answer.status}`)
  return result
}

const notice = byId("notice", HTMLElement)

/** @param {unknown} error */
const tell = (error) => {
  notice.textContent = error instanceof Error ? visible(error.message) : String(error)
}

// ---- state

/** @type {State | undefined} */
let state
/** @type {ReadonlyArray<readonly [boolean | string | null, string]>} */
let results = []
/** @type {Tree | null} */
let explanation = null
/** @type {string | undefined} */
let selected
/** @type {{ item: HTMLElement, button: HTMLButtonElement, value: HTMLElement, flag: Flag }[]} */
let rows = []

// ---- person

const distinctId = byId("distinct-id", HTMLInputElement)
const deviceId = byId("device-id", HTMLInputElement)
const personProperties = byId("person-properties", HTMLTextAreaElement)
const groups = byId("groups", HTMLTextAreaElement)
const groupProperties = byId("group-properties", HTMLTextAreaElement)
const personProblem = byId("person-problem", HTMLElement)

/** @param {HTMLTextAreaElement} area @param {string} what @returns {Record<string, any> | undefined} */
const readObject = (area, what) => {
  let value
  try {
    value = area.value.trim() === "" ? {} : JSON.parse(area.value)
  } catch {
    value = undefined
  }
  const valid = typeof value === "object" && value !== null && !Array.isArray(value)
  area.setAttribute("aria-invalid", String(!valid))
  if (!valid) personProblem.textContent = `${what}: not a JSON object. What is shown is for the person of before.`
  return valid ? value : undefined
}

/** @returns {Person | undefined} */
const readPerson = () => {
  personProblem.textContent = ""
  const properties = readObject(personProperties, "Properties")
  const keys = readObject(groups, "Groups")
  const ofGroups = readObject(groupProperties, "Properties of groups")
  if (properties === undefined || keys === undefined || ofGroups === undefined) return undefined
  return {
    distinctId: distinctId.value,
    ...(deviceId.value === "" ? {} : { deviceId: deviceId.value }),
    personProperties: properties,
    groups: keys,
    groupProperties: ofGroups
  }
}

let asked = 0
let answered = 0

const evaluate = async () => {
  const person = readPerson()
  if (person === undefined || state === undefined) return
  const number = ++asked
  try {
    const answer = await ask("/api/evaluate", selected === undefined ? { person } : { person, flag: selected })
    // Answers may overtake each other: an older one never replaces a newer one.
    if (number < answered) return
    answered = number
    if (answer.revision !== state.revision) return await reload()
    results = answer.results
    explanation = answer.explanation
    renderValues()
    renderDetail()
  } catch (error) {
    tell(error)
  }
}

/** @type {number | undefined} */
let typing
for (const field of [distinctId, deviceId, personProperties, groups, groupProperties]) {
  field.addEventListener("input", () => {
    clearTimeout(typing)
    typing = setTimeout(() => void evaluate(), 60)
  })
}

// ---- flags

const list = byId("flag-list", HTMLElement)
const search = byId("search", HTMLInputElement)
const flagCount = byId("flag-count", HTMLElement)

/** @param {boolean | string | null | undefined} value */
const valueText = (
  value
) => (value === null || value === undefined ? "?" : typeof value === "string" ? visible(value) : String(value))

/** @param {boolean | string | null | undefined} value */
const valueClass = (value) => (value === null || value === undefined ? "unsure" : value === false ? "off" : "on")

const renderList = () => {
  if (state === undefined) return
  rows = state.flags.map((flag) => {
    const value = element("span", "value")
    const button =
      /** @type {HTMLButtonElement} */ (element("button", "", element("span", "key", visible(flag.key)), value))
    button.type = "button"
    button.title = visible(flag.name)
    button.addEventListener("click", () => select(flag.key))
    return { item: element("li", "", button), button, value, flag }
  })
  list.replaceChildren(...rows.map(({ item }) => item))
  filter()
}

const renderValues = () => {
  rows.forEach(({ button, flag, value }, index) => {
    const result = results[index]
    const text = `${valueText(result?.[0])}${flag.forced === null ? "" : " forced"}`
    if (value.textContent === text) return
    value.textContent = text
    value.className = `value ${valueClass(result?.[0])}`
    button.setAttribute("aria-current", String(flag.key === selected))
  })
}

const filter = () => {
  const wanted = search.value.trim().toLowerCase()
  let matching = 0
  for (const { flag, item } of rows) {
    const matches = wanted === "" || flag.key.toLowerCase().includes(wanted) || flag.name.toLowerCase().includes(wanted)
    item.hidden = !matches
    if (matches) matching++
  }
  flagCount.textContent = matching === rows.length ? `${rows.length}` : `${matching} of ${rows.length}`
}
search.addEventListener("input", filter)

/** @param {string} key */
const select = (key) => {
  selected = key
  for (const { button, flag } of rows) button.setAttribute("aria-current", String(flag.key === key))
  history.replaceState(null, "", `#${encodeURIComponent(key)}`)
  void evaluate()
}

list.addEventListener("keydown", (event) => {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0
  if (step === 0) return
  event.preventDefault()
  const open = rows.filter(({ item }) => !item.hidden)
  const at = open.findIndex(({ button }) => button === document.activeElement)
  open[Math.max(0, Math.min(open.length - 1, at + step))]?.button.focus()
})

document.addEventListener("keydown", (event) => {
  const target = event.target
  const isWriting = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  if (event.key === "/" && !isWriting && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault()
    search.focus()
  }
  if (event.key === "Escape" && target === search) {
    search.value = ""
    filter()
  }
})
search.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown" && event.key !== "Enter") return
  event.preventDefault()
  const first = rows.find(({ item }) => !item.hidden)
  first?.button.focus()
  if (event.key === "Enter" && first !== undefined) select(first.flag.key)
})

// ---- the chosen flag

const title = byId("detail-title", HTMLElement)
const detailName = byId("detail-name", HTMLElement)
const detailValue = byId("detail-value", HTMLElement)
const detailForce = byId("detail-force", HTMLElement)
const detailMissing = byId("detail-missing", HTMLElement)
const detailExplanation = byId("detail-explanation", HTMLElement)

const renderDetail = () => {
  const flag = state?.flags.find(({ key }) => key === selected)
  if (flag === undefined || explanation === null) return
  title.textContent = visible(flag.key)
  detailName.textContent = flag.name === flag.key ? "" : visible(flag.name)
  const { result } = explanation
  const value = result._tag === "Resolved" ? result.value : null
  const why = result._tag === "Resolved" ? result.reason : result.cause ?? "not among the definitions"
  detailValue.replaceChildren(
    element("span", valueClass(value), value === null ? "undecided" : valueText(value)),
    ...(flag.forced === null ? [] : [element("span", "forced", "forced")]),
    " ",
    element("small", "", visible(why))
  )
  if (result.payload !== undefined) {
    detailValue.append(element("div", "mono", `payload ${shown(result.payload, 1000)}`))
  }
  renderForce(flag)
  renderMissing()
  detailExplanation.replaceChildren(explanationTree(explanation))
}

let forceShown = ""

/** @param {Flag} flag */
const renderForce = (flag) => {
  const now = JSON.stringify([flag.key, flag.forced, flag.variants])
  // Rebuilding the buttons would take the focus from them.
  if (now === forceShown) return
  forceShown = now
  /** @type {(boolean | string | null)[]} */
  const values = [null, false, ...(flag.variants.length === 0 ? [true] : flag.variants)]
  const choices = element("fieldset", "choices", element("legend", "", "Value for every client of this server"))
  for (const value of values) {
    const button =
      /** @type {HTMLButtonElement} */ (element("button", "", value === null ? "as defined" : valueText(value)))
    button.type = "button"
    button.dataset["force"] = JSON.stringify(value)
    button.setAttribute("aria-pressed", String(flag.forced === value))
    button.addEventListener("click", () => void ask("/api/force", { flag: flag.key, value }).then(reload).catch(tell))
    choices.append(button)
  }
  const focused = document.activeElement instanceof HTMLElement && detailForce.contains(document.activeElement)
    ? document.activeElement.dataset["force"]
    : undefined
  detailForce.replaceChildren(choices)
  for (const button of choices.querySelectorAll("button")) if (button.dataset["force"] === focused) button.focus()
}

/** Adds a property to the JSON of a text area. @param {HTMLTextAreaElement} area @param {string[]} path */
const addTo = (area, path) => {
  const value = readObject(area, "Properties") ?? {}
  let place = value
  path.forEach((name, index) => {
    // Defined rather than assigned: a name may be __proto__.
    if (!Object.hasOwn(place, name) || typeof place[name] !== "object" || place[name] === null) {
      const filled = index === path.length - 1 ? "" : {}
      Object.defineProperty(place, name, { value: filled, enumerable: true, configurable: true, writable: true })
    }
    place = place[name]
  })
  area.value = JSON.stringify(value, null, 2)
  area.focus()
  void evaluate()
}

const renderMissing = () => {
  /** @type {Tree[]} */
  const missing = explanation?.["missing"] ?? []
  if (missing.length === 0) return detailMissing.replaceChildren()
  const choices = element("fieldset", "choices", element("legend", "", "Would settle it; choose one to add it"))
  for (const input of missing) {
    const name = input["_tag"] === "DeviceId"
      ? "the device id"
      : input["_tag"] === "GroupProperty"
      ? `${input["groupType"]}.${input["name"]}`
      : input["name"]
    const button = /** @type {HTMLButtonElement} */ (element("button", "", visible(name)))
    button.type = "button"
    button.addEventListener("click", () => {
      if (input["_tag"] === "DeviceId") deviceId.focus()
      else if (input["_tag"] === "GroupProperty") addTo(groupProperties, [input["groupType"], input["name"]])
      else addTo(personProperties, [input["name"]])
    })
    choices.append(button)
  }
  detailMissing.replaceChildren(choices)
}

/** @type {Record<string, readonly [className: string, text: string]>} */
const verdicts = {
  match: ["on", "✓ match"],
  mismatch: ["off", "✗ no match"],
  outOfRollout: ["off", "✗ out of rollout"],
  skipped: ["off", "– skipped: its group is not passed"],
  notReached: ["off", "– not reached"],
  inconclusive: ["unsure", "? inconclusive"],
  requiresServer: ["unsure", "? only the server knows"]
}

/** @param {Tree} part */
const verdict = (part) => {
  const [className, text] = verdicts[part["verdict"]] ?? ["unsure", "?"]
  return element("span", className, text)
}

/** @param {Tree} filter @returns {HTMLElement} */
const filterItem = (filter) => {
  const negated = filter["negated"] ? "not " : ""
  switch (filter["_tag"]) {
    case "Property": {
      const name = filter["groupType"] === undefined ? filter["name"] : `${filter["groupType"]}.${filter["name"]}`
      const seen = filter["supplied"] ? `is ${shown(filter["seen"])}` : "is not known"
      return element(
        "li",
        "",
        verdict(filter),
        ` ${negated}${visible(name)} ${visible(filter["operator"])} ${
          filter["wanted"] === undefined ? "" : shown(filter["wanted"])
        }: ${seen}`
      )
    }
    case "Cohort":
      return element(
        "li",
        "",
        verdict(filter),
        ` ${negated}${filter["operator"] === "not_in" ? "not in" : "in"} cohort ${visible(String(filter["id"]))}`,
        ...nested(filter["members"] === undefined ? [] : [filter["members"]])
      )
    case "Group":
      return element(
        "li",
        "",
        verdict(filter),
        filter["combine"] === "AND" ? " all of" : " any of",
        ...nested(filter["children"])
      )
    case "Flag": {
      const chain = element(
        "ul",
        "",
        ...filter["chain"].map((/** @type {Tree} */ link) =>
          element(
            "li",
            "",
            `flag ${visible(link["key"])}: ${
              link["result"]._tag === "Resolved" ? valueText(link["result"].value) : "undecided"
            }`,
            ...(link["explanation"] === undefined ? [] : [explanationTree(link["explanation"])])
          )
        )
      )
      return element(
        "li",
        "",
        verdict(filter),
        ` ${negated}flag ${visible(filter["key"])} is ${shown(filter["wanted"])}`,
        chain
      )
    }
    default:
      return element("li", "", verdict(filter), ` filter of type ${shown(filter["type"])} on ${shown(filter["key"])}`)
  }
}

/** @param {Tree[]} filters */
const nested = (filters) => (filters.length === 0 ? [] : [element("ul", "", ...filters.map(filterItem))])

/** @param {{ from: number, to: number, text: string }[]} ranges @param {number | undefined} hash @param {string} label */
const bar = (ranges, hash, label) => {
  const drawn = element("div", "bar")
  drawn.setAttribute("role", "img")
  drawn.setAttribute("aria-label", `${label}${hash === undefined ? "" : `; the hash is ${hash.toFixed(4)}`}`)
  for (const { from, text, to } of ranges) {
    const range = element("div", "range", text)
    range.style.left = `${Math.min(1, from) * 100}%`
    range.style.width = `${Math.max(0, Math.min(1, to) - Math.min(1, from)) * 100}%`
    range.title = `${text}: ${from.toFixed(4)} to ${to.toFixed(4)}`
    drawn.append(range)
  }
  if (hash !== undefined) {
    const mark = element("div", "hash", element("span", "", hash.toFixed(4)))
    mark.style.left = `${hash * 100}%`
    drawn.append(mark)
  }
  return drawn
}

/** @param {Tree} rollout @param {string} name */
const rolloutPart = (rollout, name) => {
  const by = rollout["bucketedBy"]
  const side = rollout["included"] === undefined ? `the ${by} is not known` : rollout["included"] ? "in" : "out"
  const text = `${name} ${rollout["percentage"]} %: ${side}${
    rollout["hash"] === undefined ? "" : `, by ${visible(by)}`
  }`
  const whole = rollout["hash"] === undefined && rollout["included"] !== undefined
  return element(
    "div",
    "",
    text,
    ...(whole
      ? []
      : [
        bar([{ from: 0, to: rollout["percentage"] / 100, text: `${rollout["percentage"]} %` }], rollout["hash"], text)
      ])
  )
}

/** @param {Tree} variant */
const variantPart = (variant) => {
  const chosen = variant["chosen"] === undefined ? "unknown" : valueText(variant["chosen"])
  if (variant["pinned"]) return element("div", "", `variant ${chosen}: pinned by the condition`)
  const ranges = variant["ranges"].map((/** @type {Tree} */ range) => ({
    from: range["from"],
    to: range["to"],
    text: visible(range["key"])
  }))
  return element("div", "", `variant ${chosen}`, bar(ranges, variant["hash"], `variant ${chosen}`))
}

/** @param {Tree} explained */
const explanationTree = (explained) => {
  const tree = element("ul", "tree")
  if (explained["enrolment"] !== undefined) {
    tree.append(element("li", "", "early access: ", element("ul", "", filterItem(explained["enrolment"]))))
  }
  if (explained["holdout"] !== undefined) tree.append(element("li", "", rolloutPart(explained["holdout"], "holdout")))
  for (const condition of explained["conditions"]) {
    tree.append(
      element(
        "li",
        "",
        element("strong", "", `Condition ${condition.index} `),
        verdict(condition),
        ...nested(condition.filters),
        ...(condition.rollout === undefined ? [] : [rolloutPart(condition.rollout, "rollout")]),
        ...(condition.variant === undefined ? [] : [variantPart(condition.variant)])
      )
    )
  }
  return tree
}

// ---- faults

const faultList = byId("fault-list", HTMLElement)

const renderFaults = () => {
  if (state === undefined) return
  const { activeFaults, endpoints, faults } = state
  faultList.replaceChildren(...endpoints.map((endpoint) => {
    const choice = document.createElement("select")
    choice.dataset["endpoint"] = endpoint
    choice.append(...["none", ...faults].map((name) => new Option(name, name)))
    choice.value = activeFaults[endpoint] ?? "none"
    choice.addEventListener("change", () => {
      const fault = choice.value === "none" ? null : choice.value
      void ask("/api/fault", { endpoint, fault }).catch(tell)
    })
    return element("label", "", `Requests to ${endpoint}`, choice)
  }))
}

// ---- what arrives

const eventList = byId("event-list", HTMLElement)
const eventCount = byId("event-count", HTMLElement)
const pause = byId("pause", HTMLButtonElement)
const mostRows = 200
let total = 0
/** @type {Arrived[]} */
let waiting = []
let isDrawing = false

/** @param {Arrived} arrived */
const eventItem = (arrived) => {
  if (arrived.kind === "request") {
    const className = (arrived.status ?? 0) >= 400 ? "bad" : "off"
    return element(
      "li",
      "",
      element("span", className, `${arrived.status} `),
      visible(`${arrived.name} ${arrived.who}`)
    )
  }
  const details = element(
    "details",
    "",
    element(
      "summary",
      "",
      element("strong", "", visible(arrived.name)),
      ` ${visible(arrived.who)} `,
      ...Object.entries(arrived.flags ?? {}).map(([key, value]) => element("span", "tag", visible(`${key} = ${value}`)))
    )
  )
  details.addEventListener("toggle", () => {
    if (details.childElementCount === 1) details.append(element("pre", "", visible(arrived.properties ?? "")))
  })
  return element("li", "", details)
}

const draw = () => {
  isDrawing = false
  const fresh = waiting.slice(-mostRows)
  waiting = []
  const items = fresh.map(eventItem).reverse()
  eventList.prepend(...items)
  while (eventList.childElementCount > mostRows) eventList.lastElementChild?.remove()
  eventCount.textContent = `${total} events`
}

/** @param {number} events @param {Arrived[]} arrived */
const arrive = (events, arrived) => {
  total += events
  if (pause.getAttribute("aria-pressed") === "true") {
    eventCount.textContent = `${total} events, paused`
    return
  }
  waiting.push(...arrived)
  if (isDrawing) return
  isDrawing = true
  requestAnimationFrame(draw)
}

pause.addEventListener("click", () => {
  const paused = pause.getAttribute("aria-pressed") !== "true"
  pause.setAttribute("aria-pressed", String(paused))
  pause.textContent = paused ? "Go on" : "Pause"
})
byId("clear", HTMLButtonElement).addEventListener("click", () => {
  eventList.replaceChildren()
  total = 0
  eventCount.textContent = ""
})

// ---- all of it

const reload = async () => {
  /** @type {State} */
  const next = await ask("/api/state")
  const isNewList = state === undefined || JSON.stringify(state.flags) !== JSON.stringify(next.flags)
  state = next
  byId("server-url", HTMLElement).textContent = next.server.url
  const { projectKey, secretKey } = next.server
  byId("server-keys", HTMLElement).textContent = `project key ${projectKey ?? "as given"}, secret key ${
    secretKey ?? "as given"
  }`
  notice.textContent = next.kept === null ? "" : `The definitions of before stay: ${visible(next.kept)}`
  if (isNewList) {
    const focused = rows.find(({ button }) => button === document.activeElement)?.flag.key
    renderList()
    rows.find(({ flag }) => flag.key === focused)?.button.focus()
  }
  renderFaults()
  if (selected === undefined) {
    let named
    try {
      named = decodeURIComponent(location.hash.slice(1))
    } catch {
      named = ""
    }
    const first = next.flags.find(({ key }) => key === named) ?? next.flags[0]
    if (first !== undefined) return select(first.key)
  }
  for (const { button, flag } of rows) button.setAttribute("aria-current", String(flag.key === selected))
  await evaluate()
}

byId("copy", HTMLButtonElement).addEventListener("click", () => {
  void navigator.clipboard.writeText(state?.server.url ?? "").then(() => tell("Copied"), tell)
})

const happenings = new EventSource("/api/happenings")
happenings.addEventListener("message", ({ data }) => {
  const message = JSON.parse(data)
  if (message.kind === "arrived") arrive(message.events, message.shown)
  else void reload().catch(tell)
})
happenings.addEventListener("error", () => tell("The server is gone; trying again"))
happenings.addEventListener("open", () => void reload().catch(tell))
