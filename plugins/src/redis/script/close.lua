-- A room has closed on a node.
--
-- KEYS: people of the node in the room, rooms of the node. ARGV: name of the room.
redis.call('SREM', KEYS[2], ARGV[1])
return redis.call('DEL', KEYS[1])
