-- Gives a room another epoch, because ids of the old one stand for different things on different nodes. What the engine has is what holds.
--
-- KEYS: room. ARGV: channel, the epoch that is given up, the new one. Answers the one that it has then.
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if epoch ~= ARGV[2] then return epoch end
redis.call('HSET', KEYS[1], 'epoch', ARGV[3])
redis.call('PUBLISH', ARGV[1], 'F ' .. ARGV[3] .. '\n')
return ARGV[3]
