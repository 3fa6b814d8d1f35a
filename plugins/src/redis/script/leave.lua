-- A node that has stopped takes back what is left of it.
--
-- KEYS: nodes. ARGV: common channel, node, prefix of all keys.
local node, prefix = ARGV[2], ARGV[3]
for _, key in ipairs(redis.call('SMEMBERS', prefix .. 'names:' .. node)) do
    local name = redis.call('HGET', prefix .. 'names', key)
    if name and string.sub(name, 1, #node + 1) == node .. '\n' then redis.call('HDEL', prefix .. 'names', key) end
end
for _, room in ipairs(redis.call('SMEMBERS', prefix .. 'rooms:' .. node)) do
    redis.call('EXPIRE', prefix .. 'people:' .. room .. ':' .. node, 60)
end
redis.call('DEL', prefix .. 'names:' .. node, prefix .. 'rooms:' .. node)
redis.call('HDEL', KEYS[1], node)
redis.call('PUBLISH', ARGV[1], 'G ' .. node .. '\n')
return 1
