"""Lists: both ends, the middle, moves between lists, and the forms that block (for a moment)."""
from arguments import (anyKey, between, integer, key, maybe, oneOf, several, shuffled, text,
                       value)

KEY = key('list')
END = oneOf('LEFT', 'RIGHT', 'left', 'right', 'LEFT', 'RIGHT', 'UP')
INDEX = oneOf(between(-12, 12), between(-3, 3), integer)
COUNT = oneOf(between(0, 6), integer)
# Few different ones, so that they are found again.
ELEMENT = oneOf(text(0, 1), between(-3, 30), between(-3, 3), value)
MOMENT = oneOf('0.001', '0.002', '.001', '1e-3', 'x', '-1', '-0.5', '', '0x1p-9', 'nan')


def bigElement(r):
    """Around the sizes at which a node is full."""
    return r.choice('ab') * r.choice([60, 64, 500, 2000, 4090, 4100, 8180, 8200, 20000])


TEMPLATES = [
    ('RPUSH', KEY, several(ELEMENT, 1, 12)),
    ('LPUSH', KEY, several(ELEMENT, 1, 12)),
    ('RPUSH', KEY, several(ELEMENT, 1, 3)),
    ('LPUSH', KEY, bigElement),
    ('RPUSH', KEY, bigElement, ELEMENT, bigElement),
    ('RPUSHX', KEY, several(ELEMENT, 1, 3)),
    ('LPUSHX', KEY, several(ELEMENT, 1, 3)),
    ('LPOP', KEY),
    ('RPOP', KEY),
    ('LPOP', KEY, COUNT),
    ('RPOP', KEY, COUNT),
    ('LLEN', KEY),
    ('LINDEX', KEY, INDEX),
    ('LINDEX', KEY, INDEX),
    ('LSET', KEY, INDEX, ELEMENT),
    ('LSET', KEY, INDEX, ELEMENT),
    ('LSET', KEY, INDEX, bigElement),
    ('LINSERT', KEY, oneOf('BEFORE', 'AFTER', 'after', 'BESIDE'), ELEMENT, ELEMENT),
    ('LINSERT', KEY, oneOf('BEFORE', 'AFTER'), ELEMENT, ELEMENT),
    ('LINSERT', KEY, oneOf('BEFORE', 'AFTER'), ELEMENT, bigElement),
    ('LRANGE', KEY, INDEX, INDEX),
    ('LRANGE', KEY, 0, -1),
    ('LRANGE', KEY, 0, -1),
    ('LTRIM', KEY, between(0, 3), between(-4, -1)),
    ('LTRIM', KEY, INDEX, INDEX),
    ('LREM', KEY, oneOf(between(-3, 3), integer), ELEMENT),
    ('LREM', KEY, between(-3, 3), oneOf(ELEMENT, bigElement)),
    ('LPOS', KEY, ELEMENT),
    ('LPOS', KEY, ELEMENT, shuffled(maybe('RANK', oneOf(between(-4, 4), integer)),
                                    maybe('COUNT', COUNT), maybe('MAXLEN', COUNT))),
    ('LMOVE', KEY, KEY, END, END),
    ('LMOVE', KEY, anyKey, END, END),
    ('RPOPLPUSH', KEY, KEY),
    ('RPOPLPUSH', anyKey, KEY),
    ('LMPOP', 1, KEY, END),
    ('LMPOP', oneOf(2, 2, between(1, 4)), KEY, KEY, END, maybe('COUNT', COUNT)),
    ('BLPOP', several(KEY, 1, 3), MOMENT),
    ('BRPOP', KEY, anyKey, MOMENT),
    ('BLMOVE', KEY, KEY, END, END, MOMENT),
    ('BRPOPLPUSH', KEY, anyKey, MOMENT),
    ('BLMPOP', MOMENT, oneOf(1, 2), KEY, KEY, END, maybe('COUNT', COUNT)),
    ('TYPE', KEY),
    ('OBJECT', 'ENCODING', KEY),
    ('COPY', KEY, KEY, maybe('REPLACE')),
    ('RENAME', KEY, KEY),
    ('DEL', KEY),
    ('EXISTS', KEY),
    ('MEMORY', 'USAGE', KEY),
    ('CONFIG', 'SET', 'list-max-listpack-size', oneOf(-2, -1, 1, 2, 5, 128)),
    ('CONFIG', 'SET', 'list-compress-depth', oneOf(0, 0, 1, 2)),
]
