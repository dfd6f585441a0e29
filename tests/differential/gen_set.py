"""Sets. What chance decides (SPOP of some) is left to Ebb's own tests: the servers would part."""
from arguments import anyKey, between, integer, key, maybe, oneOf, several, shuffled, text, value

KEY = key('set')
MEMBER = oneOf(between(0, 20), between(0, 20), oneOf('a', 'b', 'c', 'd', 'e', ''), value,
               between(-2**40, 2**40), text(60, 70))
SMALL = oneOf(between(0, 12), oneOf('a', 'b', 'c'))
NUMKEYS = oneOf(1, 2, 2, 2, 3, between(0, 4))
LIMIT = maybe('LIMIT', oneOf(between(0, 5), integer))
SCAN_OPTIONS = shuffled(maybe('MATCH', oneOf('*', '1*', '[a-c]', '?', 'no such*')),
                        maybe('COUNT', oneOf(1, 2, 5, 10, 1000)), maybe('nosuch', chance=0.05))


def numbersFrom(r):
    start = r.choice([0, 0, 100, 2**31 - 20, -2**15 - 20])
    return list(range(start, start + r.choice([5, 40, 130, 200, 513])))


TEMPLATES = [
    ('SADD', KEY, several(SMALL, 1, 6)),
    ('SADD', KEY, several(SMALL, 1, 6)),
    ('SADD', KEY, several(MEMBER, 1, 6)),
    ('SADD', KEY, several(MEMBER, 1, 1)),
    ('SADD', KEY, numbersFrom),
    ('SREM', KEY, several(SMALL, 1, 4)),
    ('SREM', KEY, several(MEMBER, 1, 4)),
    ('SREM', KEY, numbersFrom),
    ('SMOVE', KEY, KEY, SMALL),
    ('SMOVE', KEY, KEY, SMALL),
    ('SMOVE', KEY, KEY, MEMBER),
    ('SISMEMBER', KEY, MEMBER),
    ('SMISMEMBER', KEY, several(MEMBER, 1, 8)),
    ('SCARD', KEY),
    ('SMEMBERS', KEY),
    ('SMEMBERS', KEY),
    ('SPOP', KEY, 100000),
    ('SPOP', KEY, oneOf(0, -1, 2**63 - 1, 2**63, -2**63, 'a', '1.0', '')),
    ('SRANDMEMBER', KEY, maybe(between(-30, 30))),
    ('SRANDMEMBER', KEY, oneOf(integer, 2**63 - 1, -2**63, 0, 100000)),
    *[(name, several(KEY, 1, 4)) for name in ('SINTER', 'SUNION', 'SDIFF')] * 2,
    *[(name, KEY, several(KEY, 1, 4)) for name in ('SINTERSTORE', 'SUNIONSTORE', 'SDIFFSTORE')],
    *[(name, NUMKEYS, several(KEY, 1, 3), LIMIT)
      for name in ('SINTERCARD', 'SINTERCARD', 'SUNIONCARD', 'SDIFFCARD')],
    ('SINTERCARD', 2, KEY, KEY, several(oneOf(('LIMIT', integer), 'LIMIT', 'nosuch'), 1, 2)),
    ('SSCAN', KEY, 0, SCAN_OPTIONS),
    ('SSCAN', KEY, oneOf('abc', '', '-1', '1.5', 5), SCAN_OPTIONS),
    ('SSCAN', KEY, 0, oneOf(('COUNT', 0), ('COUNT', 'x'), ('COUNT',), ('TYPE', 'set'))),
    ('OBJECT', 'ENCODING', KEY),
    ('TYPE', KEY),
    ('DEL', KEY),
    ('RENAME', KEY, KEY),
    ('COPY', KEY, KEY, maybe('REPLACE')),
    ('EXPIRE', KEY, oneOf(100000, -1)),
    ('SET', KEY, value),
    ('SADD', anyKey, SMALL),
]
