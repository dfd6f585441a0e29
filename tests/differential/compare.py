"""When two replies count as equal, and which commands are too dangerous to send.

Equal means byte for byte. The exceptions stand here, each with its reason; differences between
versions stand in known_differences.py.
"""
import re

from gen_server import PARAMETERS

# Both servers get a command within a moment, but not in the same one.
CLOCK_SLACK = {b'TTL': 2, b'PTTL': 2000, b'EXPIRETIME': 2, b'PEXPIRETIME': 2000, b'OBJECT': 2}


def nameOf(command):
    return command[0].upper()


def subNameOf(command):
    return command[1].upper() if len(command) > 1 else b''


def cursorAt(command):
    """Where its cursor stands: 0 of what is no scan."""
    return {b'SCAN': 1, b'SSCAN': 2}.get(nameOf(command), 0)


def sortedTree(reply):
    """A reply whose order means nothing, at any depth."""
    if reply.isAggregate():
        return reply.kind, sorted(map(sortedTree, reply.value), key=repr)
    return reply.raw


def sortedPairs(reply):
    return reply.kind, sorted(zip((k.raw for k in reply.value[::2]),
                                  (v.raw for v in reply.value[1::2])))


def sameFields(command, a, b):
    """Replies of a hash that became a dict: the order of fields is each server's own."""
    name = nameOf(command)
    if name in (b'HKEYS', b'HVALS'):
        return sortedTree(a) == sortedTree(b)
    if name == b'HGETALL':
        return sortedPairs(a) == sortedPairs(b)
    if name == b'HSCAN':
        found = [r.value[1] for r in (a, b)]
        # Of a part only, or from a made-up cursor on: which fields are there is each server's own.
        if command[2:3] != [b'0'] or any(r.value[0].value != b'0' for r in (a, b)):
            return True
        return sortedPairs(found[0]) == sortedPairs(found[1])
    # HRANDFIELD: as many, whichever they are.
    return a.kind == b.kind and len(a.value) == len(b.value)


def sameKind(a, b):
    return a.kind == b.kind and (a.value is None) == (b.value is None)


def isMortal(command):
    """Whether it may give a key a deadline of a moment, which must be over before the next one."""
    name = nameOf(command)
    return (name in (b'PEXPIRE', b'PSETEX') and command[2:3] == [b'1']
            or name in (b'SET', b'GETEX') and b'1' in command[3:])


def mayDieMeanwhile(command):
    """Whether it gives a key a deadline that passes while the script runs, or just not."""
    places = {b'PEXPIRE': (2, 1), b'PSETEX': (2, 1), b'RESTORE': (2, 1), b'EXPIRE': (2, 1000),
              b'SETEX': (2, 1000)}
    units = {b'px': 1, b'ex': 1000}
    found = [(i + 1, units[word.lower()]) for i, word in enumerate(command) if word.lower() in units]
    for place, unit in found + [places.get(nameOf(command), (len(command), 1))]:
        number = numberOf(command[place]) if place < len(command) else None
        if number is not None and 1 < number * unit < 60000:
            return True
    return False


def isEvent(message, names):
    """Whether it tells of a keyspace event of one of these names."""
    if not message.isAggregate() or len(message.value) != 4:
        return False
    channel, payload = message.value[2].value, message.value[3].value
    return channel.startswith(b'__key') and (payload in names
                                             or channel.partition(b':')[2] in names)


def ordered(news):
    """The raw messages in order. One message goes to the patterns that match it in an order that
    is each server's own, and so does the news of leaving all channels."""
    def group(message):
        parts = [p.value for p in message.value] if message.isAggregate() else [None]
        if parts[0] == b'pmessage':
            return parts[0], *parts[2:]
        return parts[:1] if parts[0] in (b'unsubscribe', b'punsubscribe', b'sunsubscribe') else None
    result, last = [], None
    for message in news:
        mine = group(message)
        if mine is None or mine != last:
            result.append([])
        raw = message.raw
        if mine and mine[0].endswith(b'unsubscribe'):
            raw = message.value[1].raw
        result[-1].append(raw)
        last = mine
    return [raw for same in result for raw in sorted(same)]


def isInvalidation(message):
    return message.kind == b'>' and message.value[0].value == b'invalidate'


def heardIn(news, ignored_events):
    """What a listener heard, made comparable. In RESP3 its own replies come after all pushes: newer
    servers let a push wait for the reply of the command that caused it. Invalidations of tracking
    stand apart: 7.0.15 sends some before and some after the event of the same change."""
    told = [m for m in news if not isEvent(m, ignored_events)]
    invalid = [m for m in told if isInvalidation(m)]
    told = [m for m in told if not isInvalidation(m)]
    return (ordered(invalid) + ordered(m for m in told if m.kind == b'>')
            + ordered(m for m in told if m.kind != b'>'))


def sameHello(a, b):
    """Each server has its own name, version and client id."""
    def shared(reply):
        return [(k.raw, v.raw) for k, v in zip(reply.value[::2], reply.value[1::2])
                if k.value not in (b'server', b'version', b'id')]
    return a.kind == b.kind and shared(a) == shared(b)


# What 7.0.15 does not know yet: messages that are sent twice.
IDMP_FIELDS = {b'idmp-duration', b'idmp-maxsize', b'pids-tracked', b'iids-tracked', b'iids-added',
               b'iids-duplicates'}
# Times, what older servers count in another way (lag), or what is a matter of the tree.
NO_STREAM_FIELDS = {b'idle', b'inactive', b'seen-time', b'active-time', b'entries-read', b'lag',
                    b'radix-tree-nodes', b'nacked-count'} | IDMP_FIELDS


def streamTree(name, reply):
    """What XINFO and XPENDING say, without times, and without consumers who have nothing: newer
    servers make one even where there is nothing to read."""
    if not reply.isAggregate():
        return reply.kind, reply.value
    items = reply.value
    keys = [i.value for i in items[::2]]
    if b'name' in keys or b'length' in keys:
        pairs = dict(zip(keys, items[1::2]))
        pending = pairs.get(b'pel-count', pairs.get(b'pending'))
        if b'last-delivered-id' not in pairs and pending and pending.raw == b':0\r\n':
            return None
        return {k: streamTree(name, v) for k, v in pairs.items() if k not in NO_STREAM_FIELDS
                and not (k == b'consumers' and not v.isAggregate())}
    made = [streamTree(name, i) for i in items]
    made = [m for m in made if m is not None]
    kinds = [i.kind for i in items]
    if kinds == [b'$', b'$', b':', b':'] or kinds == [b'$', b':', b':']:
        del made[-2]
    return made


def sameSlowlog(a, b):
    """Commands and names of clients. One that took 10 ms is there by the machine's chance; 7.0.15
    has an entry without a command where a wait ended with its time, in the place of an older one."""
    def shown(reply):
        return [(e.value[3].raw, e.value[5].raw) for e in reply.value if e.value[3].value]
    if any(int(e.value[2].value) >= 10000 for e in (*a.value, *b.value)):
        return True
    newest = list(zip(shown(a), shown(b)))
    return all(mine == other for mine, other in newest)


def sameHistograms(a, b):
    """The calls of each command, in an order that is each server's own."""
    def calls(reply):
        return sorted((n.raw, h.value[1].raw) for n, h in zip(reply.value[::2], reply.value[1::2]))
    return calls(a) == calls(b)


def nearlyEqual(a, b, slack):
    return abs(int(a.value) - int(b.value)) <= slack


# Replies whose order means nothing, and, with their count, what chance decides.
UNORDERED_SETS = (b'SMEMBERS', b'SINTER', b'SUNION', b'SDIFF', b'SPOP')


def leavesSetUnsorted(command):
    """Whether it is a SORT of a set BY a pattern without a star: members come as they are kept."""
    by = [pattern for word, pattern in zip(command[2:], command[3:]) if word.upper() == b'BY']
    return command[1] in (b'so4', b'so5') and bool(by) and b'*' not in by[-1]


def sameMembers(command, a, b):
    """Of SRANDMEMBER as many of one as of the other, and all of them where all are asked for."""
    if nameOf(command) in UNORDERED_SETS:
        return sortedTree(a) == sortedTree(b)
    count = numberOf(command[2])
    if a.kind != b.kind or len(a.value) != len(b.value):
        return False
    return count <= len(a.value) or sortedTree(a) == sortedTree(b)


def isNumber(reply):
    try:
        return reply.kind in (b'$', b',') and reply.value is not None and float(reply.value) is not None
    except ValueError:
        return False


def sameScores(a, b):
    """Equal but for the digits of doubles, of which newer servers print as few as tell them apart.

    Zeros of two signs are two numbers here."""
    if a.isAggregate() and b.isAggregate():
        return (a.kind == b.kind and len(a.value) == len(b.value)
                and all(map(sameScores, a.value, b.value)))
    if a.raw == b.raw:
        return True
    return a.kind == b.kind and isNumber(a) and isNumber(b) and repr(float(a.value)) == repr(float(b.value))


def rows(reply, width):
    """The texts of a flat array, so many a row, as sorted tuples; of numbers their value."""
    texts = [repr(float(r.value) + 0.0) if isNumber(r) else r.raw for r in flattened(reply)]
    return sorted(zip(*[iter(texts)] * width), key=repr)


def flattened(reply):
    return [leaf for part in reply.value for leaf in flattened(part)] if reply.isAggregate() else [reply]


def sameDraw(command, a, b):
    """Members drawn by chance: as many of them, and the same where all were wanted."""
    if not a.isAggregate() or not b.isAggregate():
        return sameKind(a, b)
    if a.kind != b.kind or len(flattened(a)) != len(flattened(b)):
        return False
    wanted, scored = numberOf(command[2]), len(command) > 3
    if wanted < 0 or len(flattened(a)) >= wanted * (1 + scored):
        return True
    return rows(a, 1 + scored) == rows(b, 1 + scored)


def sameFound(command, a, b):
    """A scan from the start that finds all in one go; else the order is each server's own."""
    if not a.isAggregate() or not b.isAggregate():
        return False
    if b'0' != command[2] or a.value[0].value != b'0' or b.value[0].value != b'0':
        return True
    return rows(a.value[1], 2) == rows(b.value[1], 2)


def areEqual(command, a, b):
    if a.raw == b.raw:
        return True
    if a.isError() or b.isError():
        return False
    name, sub = nameOf(command), subNameOf(command)
    both_aggregates = a.isAggregate() and b.isAggregate()
    if a.kind == b':' and b.kind == b':' and name in CLOCK_SLACK:
        if name == b'OBJECT' and sub != b'IDLETIME':
            return False
        # Negative answers have a meaning of their own.
        return int(a.value) >= 0 and int(b.value) >= 0 and nearlyEqual(a, b, CLOCK_SLACK[name])
    if (name, sub) == (b'SLOWLOG', b'GET') and a.isAggregate() and b.isAggregate():
        return sameSlowlog(a, b)
    if name == b'HRANDFIELD' and not both_aggregates:
        return sameKind(a, b)
    if name in (b'HKEYS', b'HVALS', b'HGETALL', b'HSCAN', b'HRANDFIELD') and both_aggregates:
        return sameFields(command, a, b)
    if name in (b'TIME', b'RANDOMKEY', b'SLOWLOG'):
        return sameKind(a, b)
    if (name, sub) == (b'LATENCY', b'HISTOGRAM') and a.isAggregate() and b.isAggregate():
        return sameHistograms(a, b)
    if (name, sub) == (b'MEMORY', b'USAGE'):
        return a.kind == b.kind == b':'
    if name == b'CLIENT' and sub in (b'ID', b'LIST', b'INFO'):
        return sameKind(a, b)
    if name == b'HELLO' and both_aggregates:
        return sameHello(a, b)
    if (name, sub) == (b'CONFIG', b'GET') and both_aggregates:
        return sortedPairs(a) == sortedPairs(b)
    # A SCAN that goes on from a made-up cursor: the order is each server's own.
    if name == b'SCAN' and both_aggregates:
        return True
    if name in (b'XPENDING', b'XINFO') and both_aggregates:
        return streamTree(name, a) == streamTree(name, b)
    # So it is with a set that was not gone through to its end.
    if name == b'SSCAN' and both_aggregates:
        return True
    if name == b'SRANDMEMBER' and len(command) == 2:
        return sameKind(a, b)
    if name in (b'SORT', b'SORT_RO') and both_aggregates and leavesSetUnsorted(command):
        return len(a.value) == len(b.value) and (
            any(word.upper() == b'LIMIT' for word in command) or sortedTree(a) == sortedTree(b))
    if name in (*UNORDERED_SETS, b'SRANDMEMBER') and both_aggregates:
        return sameMembers(command, a, b)
    if name == b'ZRANDMEMBER':
        return sameDraw(command, a, b)
    if name == b'ZSCAN':
        return sameFound(command, a, b)
    if name[:1] == b'Z' or name[:2] == b'BZ':
        return sameScores(a, b)
    if name in (b'KEYS', b'COMMAND', b'PUBSUB') and both_aggregates:
        return sortedTree(a) == sortedTree(b)
    return False


def numberOf(argument):
    try:
        return int(argument)
    except ValueError:
        return None


def isHugeOffset(argument):
    """An offset that is allowed, but makes both servers allocate up to half a gigabyte."""
    number = numberOf(argument.lstrip(b'#'))
    return number is not None and 10**5 < number < 2**32


def bitfieldOffsets(command):
    return [command[i + 1] for i in range(2, len(command) - 1)
            if re.fullmatch(rb'[iu]\d+', command[i])]


def mayWait(command):
    """Whether it is a form that blocks, for longer than a moment or for ever."""
    places = {b'BLPOP': -1, b'BRPOP': -1, b'BRPOPLPUSH': 3, b'BLMOVE': 5, b'BLMPOP': 1,
              b'BZPOPMIN': -1, b'BZPOPMAX': -1, b'BZMPOP': 1}
    place = places.get(nameOf(command))
    if place is None or not -len(command) <= place < len(command):
        return False
    text = command[place].decode(errors='replace')
    try:
        seconds = float.fromhex(text) if 'x' in text.lower() else float(text)
    except (ValueError, OverflowError):
        return False
    return seconds == 0 or seconds > 0.02


def isSafe(command):
    """False for what would stop, block or bloat a server, or cut the driver's own connection:
    disturbed commands can be anything."""
    name, sub = nameOf(command), subNameOf(command)
    rest = command[2:]
    if mayWait(command) or mayDieMeanwhile(command):
        return False
    if name == b'SETBIT' or name == b'SETRANGE':
        return not any(map(isHugeOffset, rest[:1]))
    if name == b'BITFIELD':
        return not any(map(isHugeOffset, bitfieldOffsets(command)))
    if name == b'SPOP':  # What it takes out must not be left to chance.
        return len(rest) == 1 and not 0 < (numberOf(rest[0]) or 0) < 100000
    if name == b'SRANDMEMBER' and rest:
        return not -2**63 < (numberOf(rest[0]) or 0) < -1000
    if name == b'ZRANDMEMBER':
        return not rest or (numberOf(rest[0]) or 0) > -10**4 or len(rest) > 2
    if name == b'HRANDFIELD':
        # Repeated draws: the oracle would reply until its memory is used up.
        count = numberOf(rest[0]) if rest else None
        return count is None or not -2**63 < count < -10**5
    if name == b'WAIT':
        return command[1:2] == [b'0']
    if name == b'XADD':  # An ID of its own is of each server's clock.
        return b'*' not in rest
    if name in (b'XREAD', b'XREADGROUP'):
        return not any(a.lower() == b'block' for a in rest)
    if name == b'CLIENT':
        if sub == b'PAUSE':
            return not rest or rest[0] in (b'0', b'a', b'-1')
        if sub == b'REPLY':
            return not rest or rest[0].lower() not in (b'off', b'skip')
        if sub == b'KILL' and any(a.lower() in (b'pubsub', b'normal', b'default') for a in rest):
            return False
        if sub in (b'KILL', b'UNBLOCK', b'LIST'):
            return not any(0 <= (numberOf(a) or -1) < 10**8 for a in rest)
    if name == b'CONFIG' and sub == b'SET':
        allowed = {n.encode(): [str(v).encode() for v in vs] for n, vs in PARAMETERS.items()}
        pairs = zip(rest[::2], rest[1::2])
        return all(n.lower() not in allowed or v in allowed[n.lower()] for n, v in pairs)
    if name in (b'SUBSCRIBE', b'PSUBSCRIBE', b'SSUBSCRIBE', b'UNSUBSCRIBE', b'PUNSUBSCRIBE',
                b'SUNSUBSCRIBE'):
        return False  # One reply for each argument: the listener takes these.
    return not (name == b'PFSELFTEST' or (name == b'DEBUG' and sub not in (b'NOSUCH', b'OBJECT')))
