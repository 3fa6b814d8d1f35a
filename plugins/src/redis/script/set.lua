-- Keeps a small value for all nodes, or forgets it, and tells them.
--
-- KEYS: values. ARGV: common channel, field, '=' and the value, or '', message.
if ARGV[3] == '' then
    redis.call('HDEL', KEYS[1], ARGV[2])
else
    redis.call('HSET', KEYS[1], ARGV[2], string.sub(ARGV[3], 2))
end
return redis.call('PUBLISH', ARGV[1], ARGV[4])
