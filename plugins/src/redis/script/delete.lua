-- A message was deleted: it is remembered for as long as it is in the log, and told.
--
-- KEYS: deleted, room. ARGV: channel, id, ring, message.
local last = tonumber(redis.call('HGET', KEYS[2], 'last') or 0)
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[2])
-- The log is cut roughly, and may be longer than the ring.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', last - 2 * tonumber(ARGV[3]))
return redis.call('PUBLISH', ARGV[1], ARGV[4])
