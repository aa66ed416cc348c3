"""What Redis does in one step each, in its own language. No script reads a clock: leases end by the expiry of a key.

Every key of a queue is named in KEYS and wears the queue's hash tag, so that a cluster runs these scripts too. Streams,
and the keys that hold them, stand in the order of their places: strand by strand, high before normal before low.
"""

SEND = """
-- KEYS: all streams, the bell. ARGV: the most the queue may hold; then of each message its place and all of it.
local places, bell, waiting, rung = #KEYS - 1, KEYS[#KEYS], 0, {}
for place = 1, places do
    waiting = waiting + redis.call('XLEN', KEYS[place])
end
if waiting >= tonumber(ARGV[1]) then
    return 0
end
for at = 2, #ARGV, 2 do
    redis.call('XADD', KEYS[tonumber(ARGV[at])], '*', 'message', ARGV[at + 1])
    if not rung[ARGV[at]] then
        rung[ARGV[at]] = true
        redis.call('RPUSH', bell, 1)
    end
end
redis.call('LTRIM', bell, 0, places - 1)
return 1
"""
"""Answers 0, and keeps nothing, when the queue is full. Wakes as many as there are strands that got something."""

RECEIVE = """
-- KEYS: all streams, what holds each, the turns. ARGV: limit, milliseconds, token, lowest first every, strands.
local places, turns = (#KEYS - 1) / 2, KEYS[#KEYS]
local every, strands = tonumber(ARGV[4]), tonumber(ARGV[5])

local function next_of(stream)
    local pending = redis.pcall('XPENDING', stream, 'fluxor', '-', '+', 1)
    if pending.err then
        -- Nobody received from it yet, or everything was flushed since.
        redis.call('XGROUP', 'CREATE', stream, 'fluxor', '0')
        pending = {}
    end
    while pending[1] do
        -- Handed out before and never ended: alone. One that was deleted by hand is none.
        local id, deliveries = pending[1][1], pending[1][4]
        local entry = redis.call('XCLAIM', stream, 'fluxor', 'receiver', 0, id)[1]
        if entry then
            return {entry}, deliveries + 1
        end
        redis.call('XACK', stream, 'fluxor', id)
        pending = redis.call('XPENDING', stream, 'fluxor', '-', '+', 1)
    end
    local read = redis.call('XREADGROUP', 'GROUP', 'fluxor', 'receiver', 'COUNT', ARGV[1], 'STREAMS', stream, '>')
    return read and read[1][2], 1
end

local function free_of(priority)
    local free, looked = {}, {}
    for place = priority * strands + 1, (priority + 1) * strands do
        if redis.call('XLEN', KEYS[place]) > 0 and redis.call('EXISTS', KEYS[places + place]) == 0 then
            looked[place] = tonumber(redis.call('HGET', turns, place) or 0)
            table.insert(free, place)
        end
    end
    -- The one that was not looked at for longest first.
    table.sort(free, function(one, other) return looked[one] < looked[other] end)
    return free
end

local turn = tonumber(redis.call('HGET', turns, 'turn') or 0) + 1
local lowest = places / strands - 1
for priority = 0, lowest do
    for _, place in ipairs(free_of(turn % every == 0 and lowest - priority or priority)) do
        local entries, attempt = next_of(KEYS[place])
        if entries then
            redis.call('SET', KEYS[places + place], #entries .. ':' .. ARGV[3], 'PX', ARGV[2])
            redis.call('HSET', turns, 'turn', turn, place, turn)
            local answer = {place, attempt}
            for _, entry in ipairs(entries) do
                table.insert(answer, entry[2][2])
            end
            return answer
        end
    end
end
return false
"""
"""Answers the place, the attempt, and one message after the other; nothing when there is none."""

DONE = """
-- KEYS: a stream, what holds it. ARGV: who must hold it still, how many messages are out.
if redis.call('GET', KEYS[2]) ~= ARGV[1] then
    return 0
end
-- Too few, or an error, when somebody meddled with the stream meanwhile.
local pending = redis.pcall('XPENDING', KEYS[1], 'fluxor', '-', '+', ARGV[2])
if #pending < tonumber(ARGV[2]) then
    return 0
end
local ids = {}
for _, one in ipairs(pending) do
    table.insert(ids, one[1])
end
redis.call('XACK', KEYS[1], 'fluxor', unpack(ids))
redis.call('XDEL', KEYS[1], unpack(ids))
redis.call('DEL', KEYS[2])
return 1
"""
"""While a strand is held, what is out of it is what is pending first. Answers 0, with nothing gone, when it is not."""

DEPTH = """
-- KEYS: all streams, what holds each.
local places, waiting, out = #KEYS / 2, 0, 0
for place = 1, places do
    waiting = waiting + redis.call('XLEN', KEYS[place])
    local holder = redis.call('GET', KEYS[places + place])
    if holder then
        out = out + tonumber(string.match(holder, '^%d+'))
    end
end
return {waiting, out}
"""
"""Answers how many messages there are, and how many of them are out."""
