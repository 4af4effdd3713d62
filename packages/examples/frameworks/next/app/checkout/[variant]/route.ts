import { after } from "next/server"
import { checkout } from "../../../checkout"
import { clientOf, posthog } from "../../../posthog"

interface Context {
  readonly params: Promise<{ readonly variant: string }>
}

export const GET = async (request: Request, { params }: Context) => {
  const { variant } = await params
  const answer = await checkout(clientOf(request.headers))
  // The response does not wait for delivery.
  after(() => posthog.flush())
  return Response.json({ ...answer, variant })
}
