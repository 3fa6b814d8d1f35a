-- A node says that it is there, and hears which others are. One that was silent for too long is taken out by whoever comes by.
--
-- KEYS: nodes. ARGV: common channel, node, stamp of the node, most milliseconds of silence, prefix of all keys, name of the machine whose former node this one takes the place of, or ''.
-- Answers {whether it was known, node, milliseconds since, node, …}.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local silence = tonumber(ARGV[4])
local own = redis.call('HGET', KEYS[1], ARGV[2])
local heard, steady = string.match(own or '', '^(%d+) (%d+)$')
-- Who was not heard itself for that long without a pause cannot judge: perhaps the engine stood still, or has another clock.
if not heard or math.abs(now - tonumber(heard)) > silence / 2 then steady = now end
local can_judge = now - tonumber(steady) > silence
redis.call('HSET', KEYS[1], ARGV[2], string.format('%d %d', now, steady))
local prefix, answer = ARGV[5], {own and 1 or 0}
local nodes = redis.call('HGETALL', KEYS[1])
for at = 1, #nodes, 2 do
    local node, since = nodes[at], now - tonumber(string.match(nodes[at + 1], '^%d+'))
    local is_former = ARGV[6] ~= '' and node ~= ARGV[2] and string.match(node, '^(.*)%-[^-]*$') == ARGV[6]
    if is_former or (can_judge and since > silence) then
        redis.call('HDEL', KEYS[1], node)
        for _, key in ipairs(redis.call('SMEMBERS', prefix .. 'names:' .. node)) do
            local name = redis.call('HGET', prefix .. 'names', key)
            if name and string.sub(name, 1, #node + 1) == node .. '\n' then redis.call('HDEL', prefix .. 'names', key) end
        end
        redis.call('DEL', prefix .. 'names:' .. node)
        -- Whoever has one of these rooms open takes the people out of it and says so; for the others there is a minute.
        for _, room in ipairs(redis.call('SMEMBERS', prefix .. 'rooms:' .. node)) do
            redis.call('EXPIRE', prefix .. 'people:' .. room .. ':' .. node, 60)
        end
        redis.call('DEL', prefix .. 'rooms:' .. node)
        redis.call('PUBLISH', ARGV[1], 'G ' .. node .. '\n')
    elseif node ~= ARGV[2] then
        answer[#answer + 1] = node
        answer[#answer + 1] = math.max(since, 0)
    end
end
redis.call('PUBLISH', ARGV[1], 'B ' .. ARGV[2] .. ' ' .. ARGV[3] .. '\n')
return answer
