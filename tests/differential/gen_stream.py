"""Streams and their consumer groups. IDs are always given: those a server makes are its clock's."""
from arguments import anyKey, between, binary, integer, key, maybe, oneOf, several, value

KEY = key('stream')
NUMBER = between(0, 60)


def streamId(r):
    return f'{r.randint(0, 60)}-{r.randint(0, 3)}'


def later(r):
    return f'{r.choice([r.randint(0, 60), r.randint(60, 400)])}-{r.randint(0, 3)}'


ID = oneOf(streamId, streamId, streamId, NUMBER, '0', '0-0', '1-1-1', '5-', '-5', '(3', 'x',
           '18446744073709551615-18446744073709551615', '18446744073709551615', '5-*')
NEW = oneOf(later, later, later, later, ('5-*'), ('90-*'), '0-0', '0-*', 'x')
FROM = oneOf('-', '-', streamId, ('(3-1'), NUMBER, '(x', '+')
TO = oneOf('+', '+', streamId, ('(40-1'), NUMBER, '(x', '-')
GROUP = oneOf('g1', 'g1', 'g2', 'nosuch')
CONSUMER = oneOf('alice', 'bob', 'carol')
FIELD = oneOf('a', 'a', 'b', 'field')
PAIR = (FIELD, oneOf(value, integer, binary))
PAIRS = oneOf(('a', integer), ('a', value, 'b', value), several(PAIR, 1, 4))
COUNT = oneOf(between(1, 8), 0, -1, 'x')
TRIM = oneOf(('MAXLEN', maybe(oneOf('=', '~')), between(0, 60)),
             ('MINID', maybe(oneOf('=', '~')), ID),
             ('MAXLEN', '~', between(0, 30), 'LIMIT', between(0, 300)),
             ('MINID', '~', ID, 'LIMIT', between(0, 300)),
             ('MAXLEN', between(0, 30), 'LIMIT', 5), ('LIMIT', 5), ('MAXLEN', 3, 'MINID', 4))
IDLE = oneOf(0, 0, 0, 100000000, -5, 'x')
CLAIMS = several(oneOf(('IDLE', oneOf(0, 500, 'x')), ('TIME', oneOf(-1, 1000000000000, 'x')),
                       ('RETRYCOUNT', between(0, 9)), 'FORCE', 'JUSTID', ('LASTID', ID),
                       'nosuch'), 0, 3)

TEMPLATES = [
    *[('XADD', KEY, maybe('NOMKSTREAM', chance=0.1), maybe(TRIM, chance=0.1), NEW, PAIRS)] * 8,
    ('XADD', KEY, oneOf(later, 'x'), several(value, 0, 3)),
    ('XLEN', KEY),
    *[('XRANGE', KEY, FROM, TO, maybe('COUNT', COUNT))] * 2,
    *[('XREVRANGE', KEY, TO, FROM, maybe('COUNT', COUNT))] * 2,
    *[('XDEL', KEY, several(ID, 1, 4))] * 2,
    ('XDEL', KEY, several(streamId, 1, 9)),
    ('XTRIM', KEY, TRIM),
    ('XTRIM', KEY, 'MAXLEN', between(5, 60)),
    ('XSETID', KEY, oneOf(later, ID)),
    ('XSETID', KEY, later, 'ENTRIESADDED', integer, 'MAXDELETEDID', ID),
    ('XREAD', maybe('COUNT', COUNT), 'STREAMS', KEY, oneOf(ID, ID, '$', '>')),
    ('XREAD', maybe('COUNT', COUNT), 'STREAMS', KEY, KEY, streamId, oneOf(ID, '$')),
    ('XREAD', maybe(oneOf('nosuch', ('COUNT', 'x'))), 'STREAMS', several(anyKey, 1, 3), streamId),
    *[('XGROUP', 'CREATE', KEY, GROUP, oneOf(0, '$', streamId, 'x', '-'),
       maybe('MKSTREAM'), maybe('ENTRIESREAD', oneOf(0, -1, -2, 'x'), chance=0.2))] * 2,
    ('XGROUP', 'SETID', KEY, GROUP, oneOf(0, '$', ID)),
    ('XGROUP', 'DESTROY', KEY, GROUP),
    ('XGROUP', 'CREATECONSUMER', KEY, GROUP, CONSUMER),
    ('XGROUP', 'DELCONSUMER', KEY, GROUP, CONSUMER),
    *[('XREADGROUP', 'GROUP', GROUP, CONSUMER, maybe('COUNT', COUNT), maybe('NOACK', chance=0.1),
       'STREAMS', KEY, '>')] * 6,
    ('XREADGROUP', 'GROUP', GROUP, CONSUMER, maybe('COUNT', COUNT), 'STREAMS', KEY,
     oneOf(0, 0, ID, '$')),
    ('XREADGROUP', 'GROUP', GROUP, CONSUMER, 'STREAMS', KEY, KEY, '>', oneOf('>', 0)),
    *[('XACK', KEY, GROUP, several(ID, 1, 4))] * 2,
    ('XACK', KEY, GROUP, several(streamId, 1, 9)),
    ('XPENDING', KEY, GROUP),
    *[('XPENDING', KEY, GROUP, maybe('IDLE', IDLE, chance=0.2), FROM, TO, COUNT,
       maybe(CONSUMER))] * 2,
    *[('XCLAIM', KEY, GROUP, CONSUMER, IDLE, several(streamId, 1, 5), CLAIMS)] * 2,
    ('XCLAIM', KEY, GROUP, CONSUMER, IDLE, several(ID, 1, 3), CLAIMS),
    *[('XAUTOCLAIM', KEY, GROUP, CONSUMER, IDLE, oneOf('-', 0, ID), maybe('COUNT', COUNT),
       maybe('JUSTID'))] * 2,
    ('XINFO', 'STREAM', KEY),
    ('XINFO', 'STREAM', KEY, 'FULL', maybe('COUNT', COUNT)),
    ('XINFO', 'GROUPS', KEY),
    ('XINFO', 'CONSUMERS', KEY, GROUP),
    ('XINFO', oneOf('STREAM', 'GROUPS', 'nosuch'), anyKey, maybe(value)),
    ('COPY', KEY, KEY, maybe('REPLACE')),
    ('TYPE', KEY),
    ('OBJECT', 'ENCODING', KEY),
    ('DEL', KEY),
]
