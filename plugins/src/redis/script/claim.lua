-- Gives a name to one person on all nodes, with all that looks like it.
--
-- KEYS: names, nodes, names of the node. ARGV: beginning of the channels of nodes, node, owner, owner before or '', since when it is theirs or '', name, its keys.
-- Answers {'given', since} or {'taken'}.
local prefix, node, owner, formerly, since, name = unpack(ARGV, 1, 6)
local losers = {}
for at = 7, #ARGV do
    local has = redis.call('HGET', KEYS[1], ARGV[at])
    if has then
        local of, by, when, called = string.match(has, '^([^\n]*)\n([^\n]*)\n(%d+)\n(.*)$')
        if redis.call('HEXISTS', KEYS[2], of) == 1 then
            if by == owner or (formerly ~= '' and by == formerly) then
                if of ~= node then losers[of .. '\n' .. called] = {of, called, '1'} end
            elseif of ~= node and since ~= '' and tonumber(since) < tonumber(when) then
                losers[of .. '\n' .. called] = {of, called, '0'}
            else
                return {'taken'}
            end
        end
    end
end
if since == '' then
    local now = redis.call('TIME')
    since = string.format('%d%03d', now[1], math.floor(now[2] / 1000))
end
for at = 7, #ARGV do
    redis.call('HSET', KEYS[1], ARGV[at], node .. '\n' .. owner .. '\n' .. since .. '\n' .. name)
    redis.call('SADD', KEYS[3], ARGV[at])
end
for _, loser in pairs(losers) do
    redis.call('PUBLISH', prefix .. loser[1], 'N ' .. loser[3] .. '\n' .. loser[2])
end
return {'given', since}
