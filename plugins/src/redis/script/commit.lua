-- Commits what one turn of one node brought to a room: gives ids and time, appends it to the log, takes note of who is there, and tells everybody who listens.
-- Called again after the connection broke, it answers what it answered before.
--
-- KEYS: room, log, done, people of the node in the room, rooms of the node.
-- ARGV: channel, name of the room, epoch, last id that the node knows, node, batch, entries, ring, 'again' or 'void', topic ('=' and the text, or ''), body,
--       how many people are here from now on, they, those who are not.
-- Answers {'done', first, last}; {'void'} where it was given up; {'epoch', the one there is} or {'behind', the last id there is} where nothing was done.
local channel, room, epoch, known, node, batch, count, ring, how, topic, body = unpack(ARGV, 1, 11)
local before = redis.call('HGET', KEYS[3], node)
if before then
    local done, first, to = string.match(before, '^(%d+) (%d+) (%d+)$')
    if done == batch and first ~= '0' then return {'done', tonumber(first), tonumber(to)} end
    if tonumber(done) >= tonumber(batch) then return {'void'} end
end
if how == 'void' then
    redis.call('HSET', KEYS[3], node, batch .. ' 0 0')
    return {'void'}
end
local state = redis.call('HMGET', KEYS[1], 'epoch', 'last', 'mark')
if state[1] ~= epoch then return {'epoch', state[1] or ''} end
local last = tonumber(state[2])
if last < tonumber(known) then return {'behind', last} end

local now = redis.call('TIME')
local first, to = last + 1, last + tonumber(count)
local head = string.format('E %s %d %d %d%03d %s %s %s', epoch, first, to, now[1], math.floor(now[2] / 1000), node, batch, state[3])
local message = head .. '\n' .. body
if to >= first then
    redis.call('HSET', KEYS[1], 'last', to, 'mark', node .. '/' .. batch)
    redis.call('XADD', KEYS[2], 'MINID', '~', math.max(to - tonumber(ring), 0), string.format('%d-0', to), 'm', message)
end
redis.call('HSET', KEYS[3], node, string.format('%s %d %d', batch, first, to))
if topic ~= '' then redis.call('HSET', KEYS[1], 'topic', string.sub(topic, 2)) end
local here = tonumber(ARGV[12])
for at = 13, #ARGV do
    if at <= 12 + here then
        redis.call('SADD', KEYS[4], ARGV[at])
    else
        redis.call('SREM', KEYS[4], ARGV[at])
    end
end
if here > 0 then redis.call('SADD', KEYS[5], room) end
redis.call('PUBLISH', channel, message)
-- A node is another one at each start. Of those that once were, the one that spoke longest ago is forgotten.
if not before and redis.call('HLEN', KEYS[3]) > 256 then
    local oldest, least
    local all = redis.call('HGETALL', KEYS[3])
    for at = 1, #all, 2 do
        local id = tonumber(string.match(all[at + 1], '(%d+)$'))
        if not least or id < least then oldest, least = all[at], id end
    end
    redis.call('HDEL', KEYS[3], oldest)
end
return {'done', first, to}
