-- What a node has to know before anything else.
--
-- KEYS: engine, values. ARGV: an epoch for an engine that is empty. Answers {epoch, whether values were ever given, field, value, …}.
if redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1]) == 1 then redis.call('HSET', KEYS[1], 'format', '1') end
local format = redis.call('HGET', KEYS[1], 'format')
if format ~= '1' then return redis.error_reply('FORMAT ' .. tostring(format)) end
local first = redis.call('HSETNX', KEYS[1], 'values', '1')
local answer = redis.call('HGETALL', KEYS[2])
table.insert(answer, 1, 1 - first)
table.insert(answer, 1, redis.call('HGET', KEYS[1], 'epoch'))
return answer
