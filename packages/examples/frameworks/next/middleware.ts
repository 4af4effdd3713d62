import { NextResponse } from "next/server"
import type { NextRequest } from "next/server"
import { clientOf } from "./posthog"

export const middleware = async (request: NextRequest) => {
  const flags = await clientOf(request.headers).evaluateFlags({ flagKeys: ["new-checkout"] })
  // `detail` reads silently: the page that is shown reports the exposure.
  const variant = flags.detail("new-checkout")?.value === true ? "new" : "old"
  return NextResponse.rewrite(new URL(`/checkout/${variant}`, request.url))
}

export const config = { matcher: "/checkout" }
