-- Nobody of this node has a name any more.
--
-- KEYS: names, names of the node. ARGV: node, the name, its keys.
for at = 3, #ARGV do
    local has = redis.call('HGET', KEYS[1], ARGV[at])
    local of, called = string.match(has or '', '^([^\n]*)\n[^\n]*\n%d+\n(.*)$')
    -- It may be written in another way now, or be somebody else's.
    if of == ARGV[1] and called == ARGV[2] then
        redis.call('HDEL', KEYS[1], ARGV[at])
        redis.call('SREM', KEYS[2], ARGV[at])
    end
end
return 1
