"""Transactions: between MULTI and EXEC, with keys that another connection changes ('@', see pair.py).
"""
from arguments import anyKey, integer, key, maybe, oneOf, several, value

DB = oneOf(0, 0, 0, 1, 15)
KEY = key('string')
WRITES = [
    ('SET', KEY, value),
    ('INCR', KEY),
    ('APPEND', KEY, value),
    ('DEL', several(KEY, 1, 2)),
    ('MSET', KEY, value, KEY, value),
    ('EXPIRE', KEY, oneOf(100, 100000, -1)),
    ('PERSIST', KEY),
    ('RENAME', KEY, KEY),
    ('COPY', KEY, KEY, maybe('DB', DB), maybe('REPLACE')),
    ('MOVE', KEY, DB),
    ('GETDEL', KEY),
    ('GETEX', KEY, maybe(oneOf('PERSIST', ('EX', 100)))),
    ('SETRANGE', KEY, oneOf(0, 3), value),
    ('FLUSHDB',),
    ('FLUSHALL',),
    ('SWAPDB', DB, DB),
    ('PFADD', anyKey, value),
    ('SETBIT', anyKey, 7, 1),
]

TEMPLATES = [
    *[('MULTI',)] * 9,
    *[('EXEC',)] * 8,
    *[('WATCH', several(KEY, 1, 3))] * 4,
    *WRITES,
    *[('@' + command, *rest) for command, *rest in WRITES],
    ('DISCARD',),
    ('UNWATCH',),
    ('WATCH', anyKey),
    ('SELECT', DB),
    ('@SELECT', DB),
    ('EXEC', 'x'),
    ('MULTI', 'x'),
    ('DISCARD', 'x'),
    ('WATCH',),
    ('RESET',),
    ('HELLO', oneOf(2, 3)),
    ('GET', KEY),
    ('GET', KEY),
    ('MGET', several(KEY, 1, 4)),
    ('PEXPIRETIME', KEY),
    ('TTL', KEY),
    ('INCRBY', KEY, integer),
    ('DBSIZE',),
    ('PING',),
    ('PUBLISH', 'news', value),
    ('CLIENT', 'GETNAME'),
    ('nosuch', value),
    ('GET',),
    ('CLIENT', 'nosuch'),
]
