import { readFileSync } from "node:fs"

// The build replaces this module by one that holds the files.
const read = (name: string): string => readFileSync(new URL(`./page/${name}`, import.meta.url), "utf8")

/** The files of the page. */
export const html = read("page.html")
export const css = read("page.css")
export const script = read("page.js")
