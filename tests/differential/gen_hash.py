"""Hashes. Those with short fields and values stay listpacks for long; one value of over 64 bytes makes
a dict, whose order is each server's own."""
from arguments import anyKey, double, integer, key, maybe, oneOf, several, text, value

KEY = key('hash')
FIELD = oneOf('f1', 'f2', 'f3', 'f4', 'f5', 'n1', 'n2', '1', '22', '-3', '', 'field six', value)
NUMBER = oneOf('n1', 'n2', '1')
VALUE = oneOf(integer, text(0, 12), value)
DECIMAL = oneOf(double, integer, '3.0e3', '0.1', '1e-400', 'nan', 'inf', '-inf', '+1')
# Never a count below -1000: the oracle would reply until its memory is used up.
COUNT = oneOf(0, 1, 2, 5, 100, 1000, -1, -3, -20, 2**63 - 1, 2**62, -2**63, 2**63, 'x', '', '1.5', '-0')
LIMIT = oneOf('hash-max-listpack-entries', 'hash-max-ziplist-entries', 'hash-max-listpack-value')

TEMPLATES = [
    ('HSET', KEY, several((FIELD, VALUE), 1, 4)),
    ('HSET', KEY, several((FIELD, VALUE), 1, 4)),
    ('HSET', KEY, several((FIELD, VALUE), 5, 40)),
    ('HSET', KEY, FIELD, VALUE, FIELD),
    ('HSET', KEY, NUMBER, integer),
    ('HSET', KEY, NUMBER, DECIMAL),
    ('HMSET', KEY, several((FIELD, VALUE), 1, 3)),
    ('HSETNX', KEY, FIELD, VALUE),
    ('HGET', KEY, FIELD),
    ('HMGET', KEY, several(FIELD, 1, 5)),
    ('HDEL', KEY, several(FIELD, 1, 3)),
    ('HDEL', KEY, several(FIELD, 1, 12)),
    ('HLEN', KEY),
    ('HSTRLEN', KEY, FIELD),
    ('HEXISTS', KEY, FIELD),
    ('HKEYS', KEY),
    ('HVALS', KEY),
    ('HGETALL', KEY),
    ('HGETALL', KEY),
    ('HINCRBY', KEY, oneOf(NUMBER, FIELD), integer),
    ('HINCRBY', KEY, NUMBER, oneOf(2**62, -2**62, 2**63 - 1)),
    ('HINCRBYFLOAT', KEY, oneOf(NUMBER, FIELD), DECIMAL),
    ('HRANDFIELD', KEY, maybe(COUNT)),
    ('HRANDFIELD', KEY, COUNT, oneOf('WITHVALUES', 'withvalues', 'nosuch')),
    ('HSCAN', KEY, 0, maybe('MATCH', oneOf('f*', '*', 'n?', '[^f]*')), maybe('COUNT', oneOf(1000, 1000, 0, 'x'))),
    ('HSCAN', KEY, oneOf(0, 0, 'x', -1), 'COUNT', 5000),
    ('DEL', KEY),
    ('COPY', KEY, KEY, maybe('REPLACE')),
    ('RENAME', KEY, KEY),
    ('EXPIRE', KEY, oneOf(1000, 100000)),
    ('PERSIST', KEY),
    ('TYPE', KEY),
    ('OBJECT', 'ENCODING', KEY),
    ('OBJECT', 'ENCODING', KEY),
    ('SET', anyKey, value),
    ('HSET', anyKey, FIELD, VALUE),
    ('HGETALL', anyKey),
    ('CONFIG', 'GET', LIMIT),
]
