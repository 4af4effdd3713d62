// KEYS are the lease, the fence and the definitions, in this order. A lease is "participant:token". Tokens only grow,
// and are also kept beside the definitions: a failover that loses the counter must not lock the next writer out.

const held = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if tonumber(string.match(ARGV[1], ':(%d+)$')) < tonumber(redis.call('HGET', KEYS[3], 'token') or '0') then return 0 end
`

/**
 * ARGV: the participant, the lease in milliseconds. Returns the lease that stands afterwards.
 *
 * @internal
 */
export const acquire = `local lease = redis.call('GET', KEYS[1])
if lease then return lease end
local fence = tonumber(redis.call('GET', KEYS[2]) or '0')
local stored = tonumber(redis.call('HGET', KEYS[3], 'token') or '0')
local token = string.format('%.0f', math.max(fence, stored) + 1)
redis.call('SET', KEYS[2], token)
lease = ARGV[1] .. ':' .. token
redis.call('SET', KEYS[1], lease, 'PX', ARGV[2])
return lease`

/**
 * ARGV: the lease, its milliseconds, the participant, the channel, version, ETag, time, body. Returns 1 when stored.
 *
 * @internal
 */
export const store = `${held}local previous = redis.call('HGET', KEYS[3], 'version')
redis.call('HSET', KEYS[3], 'token', string.match(ARGV[1], ':(%d+)$'),
  'version', ARGV[5], 'etag', ARGV[6], 'asOf', ARGV[7], 'body', ARGV[8])
redis.call('HDEL', KEYS[3], 'withdrawn')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if previous ~= ARGV[5] then redis.call('PUBLISH', ARGV[4], ARGV[3]) end
return 1`

/**
 * ARGV: the lease, its milliseconds, the time, and the version that PostHog confirmed, or nothing where it is not known.
 * Returns 1 when noted, 2 when Redis does not hold that version.
 *
 * @internal
 */
export const confirm = `${held}redis.call('PEXPIRE', KEYS[1], ARGV[2])
local version = redis.call('HGET', KEYS[3], 'version')
if not version or (ARGV[4] ~= '' and version ~= ARGV[4]) then return 2 end
redis.call('HSET', KEYS[3], 'asOf', ARGV[3])
return 1`

/**
 * ARGV: the lease, the participant, the channel, the time.
 *
 * @internal
 */
export const withdraw = `${held}redis.call('DEL', KEYS[3])
redis.call('HSET', KEYS[3], 'token', string.match(ARGV[1], ':(%d+)$'), 'withdrawn', ARGV[4])
redis.call('PUBLISH', ARGV[3], ARGV[2])
return 1`

/**
 * ARGV: the lease.
 *
 * @internal
 */
export const handOver = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`
