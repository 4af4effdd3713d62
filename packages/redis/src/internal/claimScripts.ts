// A claim is a key whose value is the uuid of the event that holds it, so that a retry recognises its own claim.

/**
 * KEYS: claims. ARGV: milliseconds for which an undelivered event holds one, then a uuid for each key. Returns a text
 * with 1 for each event to be sent and 0 for each that another one stands for. What vanishes in between is sent.
 *
 * @internal
 */
export const claim = `local answer = {}
for index, key in ipairs(KEYS) do
  local uuid = ARGV[index + 1]
  answer[index] = '1'
  if not redis.call('SET', key, uuid, 'NX', 'PX', ARGV[1]) then
    local holder = redis.call('GET', key)
    if holder == uuid then redis.call('PEXPIRE', key, ARGV[1])
    elseif holder then answer[index] = '0' end
  end
end
return table.concat(answer)`

/**
 * KEYS: claims. ARGV: a uuid and milliseconds for each key: how long a delivered event holds its claim, or 0 to release
 * it. Claims of other events are left alone.
 *
 * @internal
 */
export const settle = `for index, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[2 * index - 1] then
    if ARGV[2 * index] == '0' then redis.call('DEL', key) else redis.call('PEXPIRE', key, ARGV[2 * index]) end
  end
end
return 1`
