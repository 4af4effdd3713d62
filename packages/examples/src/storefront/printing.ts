/**
 * How the example programs print: in colour where the terminal has it.
 */
import type { FlagSnapshot } from "effect-posthog"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { styleText as nodeStyleText } from "node:util"

type Style = Parameters<typeof nodeStyleText>[0]

const hasColour = process.stdout.isTTY && process.env["NO_COLOR"] === undefined

export const styled = (style: Style, text: string): string => hasColour ? nodeStyleText(style, text) : text

export const heading = (text: string) => Console.log(`\n${styled("bold", text)}`)

export const line = (text: string) => Console.log(`  ${text}`)

const colourOf = (value: boolean | string): Style => value === false ? "gray" : value === true ? "green" : "cyan"

export const printSnapshot = (snapshot: FlagSnapshot) =>
  Effect.forEach(
    snapshot.keys,
    (key) => {
      const detail = Option.getOrThrow(snapshot.detail(key))
      const value = detail.value ?? false
      const payload = Option.match(snapshot.getFlagPayload(key), {
        onNone: () => "",
        onSome: (payload) => styled("yellow", ` ${JSON.stringify(payload)}`)
      })
      const reason = styled("gray", `${detail.source}: ${detail.reasonCode ?? "no reason given"}`)
      return line(`${key.padEnd(20)} ${styled(colourOf(value), String(value).padEnd(13))} ${reason}${payload}`)
    },
    { discard: true }
  )
