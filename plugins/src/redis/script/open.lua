-- Tells a node how a room is, and takes note of who of the node is in it.
--
-- KEYS: room, nodes, deleted, people of the node in the room, rooms of the node.
-- ARGV: channel, name of the room, node, epoch the node has it in or '', last id it knows, epoch of rooms that are new, beginning of the keys of people, who of the node is here.
-- Answers {'lost'} where the engine had the room and has lost it; otherwise {epoch, last, mark, topic or false, deleted ids, people by node}.
local state = redis.call('HMGET', KEYS[1], 'epoch', 'last', 'mark', 'topic')
if not state[1] then
    if ARGV[4] ~= '' then return {'lost'} end
    redis.call('HSET', KEYS[1], 'epoch', ARGV[6], 'last', ARGV[5], 'mark', '-')
    state = {ARGV[6], ARGV[5], '-', false}
end
local here, gone, is_here = {}, {}, {}
for at = 8, #ARGV do
    here[#here + 1] = ARGV[at]
    is_here[ARGV[at]] = true
end
for _, name in ipairs(redis.call('SMEMBERS', KEYS[4])) do
    if not is_here[name] then gone[#gone + 1] = name end
end
redis.call('DEL', KEYS[4])
for _, name in ipairs(here) do redis.call('SADD', KEYS[4], name) end
if #here > 0 then redis.call('SADD', KEYS[5], ARGV[2]) end
if #here + #gone > 0 then
    local body = {}
    if #here > 0 then body.here = here end
    if #gone > 0 then body.gone = gone end
    redis.call('PUBLISH', ARGV[1], 'P ' .. ARGV[3] .. '\n' .. cjson.encode(body))
end
local people = {}
for _, node in ipairs(redis.call('HKEYS', KEYS[2])) do
    if node ~= ARGV[3] then
        local names = redis.call('SMEMBERS', ARGV[7] .. node)
        if #names > 0 then people[#people + 1] = {node, names} end
    end
end
return {state[1], tonumber(state[2]), state[3], state[4], redis.call('ZRANGE', KEYS[3], 0, -1), people}
