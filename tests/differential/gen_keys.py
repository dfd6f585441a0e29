"""Generic commands on keys of every type."""
from arguments import (KEYS, anyKey, between, integer, key, maybe, milliseconds, oneOf, seconds,
                       several, shuffled, unixMilliseconds, unixSeconds, value)

CONDITION = shuffled(maybe(oneOf('NX', 'XX', 'GT', 'LT'), chance=0.6),
                     maybe(oneOf('NX', 'XX', 'GT', 'LT', 'nosuch'), chance=0.15))
PATTERN = oneOf('*', 's*', '?1', 'o-*', '[sh]1', '[^s]*', '[a-z]?', '*t*', '\\*', '', '{t}*', '[', '**1')
# Nothing but a loop over all keys can be compared: the order of SCAN is each server's own. The
# driver goes on with the cursor until it is 0 and compares what came as sets.
SCAN = ('SCAN', 0, shuffled(maybe('MATCH', PATTERN), maybe('COUNT', oneOf(1, 2, 5, 10, 1000)),
                            maybe('TYPE', oneOf('string', 'list', 'zset', 'nosuch'))))

TEMPLATES = [
    ('SET', anyKey, value),
    ('SET', anyKey, value, 'EX', seconds),
    ('DEL', several(anyKey, 1, 4)),
    ('UNLINK', several(anyKey, 1, 4)),
    ('EXISTS', several(anyKey, 1, 5)),
    ('TOUCH', several(anyKey, 1, 5)),
    ('TYPE', anyKey),
    ('EXPIRE', anyKey, seconds, CONDITION),
    ('PEXPIRE', anyKey, milliseconds, CONDITION),
    ('EXPIREAT', anyKey, unixSeconds, CONDITION),
    ('PEXPIREAT', anyKey, unixMilliseconds, CONDITION),
    ('TTL', anyKey),
    ('PTTL', anyKey),
    ('EXPIRETIME', anyKey),
    ('PEXPIRETIME', anyKey),
    ('PERSIST', anyKey),
    ('RENAME', anyKey, anyKey),
    ('RENAMENX', anyKey, anyKey),
    ('COPY', anyKey, anyKey, shuffled(maybe('DB', between(0, 15), chance=0.3), maybe('REPLACE'))),
    ('MOVE', anyKey, between(0, 15)),
    ('SWAPDB', between(0, 15), between(0, 15)),
    ('SELECT', oneOf(0, 0, 0, 0, 0, 0, 1, 9, 15, 16, -1, 'a')),
    ('DBSIZE',),
    ('OBJECT', 'ENCODING', anyKey),
    ('OBJECT', 'IDLETIME', anyKey),
    ('OBJECT', 'FREQ', anyKey),
    ('OBJECT', 'HELP'),
    ('OBJECT', oneOf('nosuch', 'encoding', 'refcount')),
    ('RANDOMKEY',),
    ('KEYS', PATTERN),
    SCAN,
    SCAN,
    ('SCAN', oneOf('abc', '', '-1', '1.5', '99999999999999999999999')),
    ('SCAN', 0, oneOf(('COUNT', 0), ('COUNT', 'x'), ('COUNT',), ('MATCH',), ('nosuch', 1),
                      ('TYPE',))),
    ('SORT', oneOf('missing', anyKey), shuffled(
        maybe('BY', oneOf('w*', 'nosort', '*->f'), chance=0.2),
        maybe('LIMIT', integer, integer, chance=0.2), maybe('GET', oneOf('#', 'd*'), chance=0.2),
        maybe(oneOf('ASC', 'DESC'), chance=0.3), maybe('ALPHA', chance=0.4),
        maybe('STORE', anyKey, chance=0.2), maybe('nosuch', chance=0.05))),
    ('SORT_RO', oneOf('missing', anyKey), shuffled(maybe('ALPHA'), maybe('STORE', anyKey,
                                                                         chance=0.1))),
    ('FLUSHDB', oneOf((), 'SYNC', 'ASYNC', 'nosuch')),
]

# Values of other types, for wrong-type errors and for generic commands on them. Written as soon as
# Ebb knows the command.
OTHERS = dict(zip(('list', 'set', 'hash', 'zset', 'stream'), KEYS['other']))
TEMPLATES += [
    ('RPUSH', oneOf(OTHERS['list'], key('other')), several(integer, 1, 4)),
    ('SADD', oneOf(OTHERS['set'], key('other')), several(between(0, 50), 1, 4)),
    ('HSET', oneOf(OTHERS['hash'], key('other')), several(('f', value), 1, 2)),
    ('ZADD', oneOf(OTHERS['zset'], key('other')), between(0, 50), oneOf('a', 'b', 'c')),
    ('XADD', OTHERS['stream'], '1-*', 'f', value),
]
