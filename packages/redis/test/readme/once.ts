import { RedisClaims } from "@effect-posthog/redis"

// However many instances serve the user today, PostHog gets one event.
export const activeToday = (userId: string, day: string) =>
  RedisClaims.captureOnce({ event: "active", distinctId: userId, key: `active:${userId}:${day}`, within: "1 day" })
