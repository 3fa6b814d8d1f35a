-- Takes back what the engine has lost of a room, as it was told to everybody before, where it follows exactly on what is there; all of it or nothing.
--
-- KEYS: room, log, done.
-- ARGV: channel, epoch, last id that the node knows, ring, topic ('=' and the text, or ''), then for each message: first, last, mark before it, node, batch, the message.
-- Answers {'healed', how many messages were new} or {'conflict', the last id there is}.
local state = redis.call('HMGET', KEYS[1], 'epoch', 'last', 'mark')
local epoch, last, mark = state[1], tonumber(state[2]), state[3]
if epoch and epoch ~= ARGV[2] then return {'healed', 0} end
if not epoch then
    -- All of it is lost: it begins where the node remembers it.
    epoch = ARGV[2]
    if ARGV[6] then
        last, mark = tonumber(ARGV[6]) - 1, ARGV[8]
    else
        last, mark = tonumber(ARGV[3]), '-'
    end
    redis.call('DEL', KEYS[2], KEYS[3])
    redis.call('HSET', KEYS[1], 'epoch', epoch, 'last', last, 'mark', mark)
    if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'topic', string.sub(ARGV[5], 2)) end
end
local begun, news = nil, 0
for at = 6, #ARGV, 6 do
    local first, to = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
    if to > last and not begun then
        if first ~= last + 1 or (mark ~= '-' and mark ~= ARGV[at + 2]) then return {'conflict', last} end
        begun = at
    end
end
if not begun then
    if last < tonumber(ARGV[3]) then return {'conflict', last} end
    return {'healed', 0}
end
for at = begun, #ARGV, 6 do
    local first, to, _, node, batch, message = unpack(ARGV, at, at + 5)
    redis.call('XADD', KEYS[2], 'MINID', '~', math.max(tonumber(to) - tonumber(ARGV[4]), 0), to .. '-0', 'm', message)
    redis.call('HSET', KEYS[1], 'last', to, 'mark', node .. '/' .. batch)
    local done = redis.call('HGET', KEYS[3], node)
    if not done or tonumber(string.match(done, '^%d+')) < tonumber(batch) then
        redis.call('HSET', KEYS[3], node, batch .. ' ' .. first .. ' ' .. to)
    end
    redis.call('PUBLISH', ARGV[1], message)
    news = news + 1
end
return {'healed', news}
