"""Strings around 16 KB, where Ebb keeps them apart from their keys, and the borders of integers."""
from arguments import between, binary, integer, key, oneOf, several

KEY = key('string')
BORDERS = [16 * 1024, 16 * 1024 - 1, 16 * 1024 + 1, 32 * 1024, 44, 45, 127, 128, 1024]
BORDER_INTEGERS = oneOf(2**63 - 1, -2**63, 2**63 - 2, -2**63 + 1, 2**31 - 1, -2**31, 2**32, 9, 10,
                        99, 100, '-0', '00', '+1', 2**63, -2**63 - 1)
STEP = oneOf(0, 1, -1, 2, 2**63 - 1, -2**63, -2**63 + 1, 2**62, 2**63)


def length(r):
    return max(0, r.choice(BORDERS) + r.randint(-20, 20))


def big(r):
    return bytes([r.randrange(97, 123)]) * length(r)


TEMPLATES = [
    ('SET', KEY, big),
    ('SET', KEY, big),
    ('SET', KEY, BORDER_INTEGERS),
    ('SET', KEY, big, 'GET'),
    ('GETSET', KEY, oneOf(big, BORDER_INTEGERS)),
    ('APPEND', KEY, oneOf(big, binary, BORDER_INTEGERS)),
    ('SETRANGE', KEY, length, oneOf('', 'x', binary)),
    ('GETRANGE', KEY, length, length),
    ('GETRANGE', KEY, between(-100, 100), between(-100, 100)),
    ('SETBIT', KEY, lambda r: length(r) * 8, oneOf(0, 1)),
    ('BITCOUNT', KEY, integer, integer),
    ('BITPOS', KEY, oneOf(0, 1)),
    ('BITOP', oneOf('AND', 'OR', 'XOR'), KEY, several(KEY, 1, 3)),
    ('BITOP', 'NOT', KEY, KEY),
    ('BITFIELD', KEY, 'INCRBY', oneOf('u8', 'i64', 'u63'), lambda r: length(r) * 8, STEP),
    ('INCRBY', KEY, STEP),
    ('DECRBY', KEY, STEP),
    ('INCR', KEY),
    ('DECR', KEY),
    ('COPY', KEY, KEY, 'REPLACE'),
    ('COPY', KEY, KEY, 'DB', oneOf(0, 1), 'REPLACE'),
    ('RENAME', KEY, KEY),
    ('MOVE', KEY, oneOf(1, 2)),
    ('SELECT', oneOf(0, 0, 0, 1, 2)),
    ('GETDEL', KEY),
    ('MSET', several((KEY, oneOf(big, BORDER_INTEGERS)), 1, 3)),
    ('MGET', several(KEY, 1, 3)),
    ('STRLEN', KEY),
    ('EXPIRE', KEY, 1000),
    ('PERSIST', KEY),
    ('TTL', KEY),
    ('GET', KEY),
    ('DEL', KEY),
    ('OBJECT', 'ENCODING', KEY),
]
