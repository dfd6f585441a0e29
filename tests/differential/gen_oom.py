"""Commands above maxmemory: which are refused, in transactions too, and which keys go.

A limit of one byte: with the policies that evict, every key that may go has gone before the next
command."""
from arguments import anyKey, integer, oneOf, several, value

LIMIT = oneOf(1, 1, 1, 0)
POLICY = oneOf('noeviction', 'noeviction', 'allkeys-lru', 'volatile-lru', 'allkeys-lfu',
               'volatile-ttl', 'allkeys-random', 'volatile-random', 'volatile-lfu')


def prelude():
    """Puts back what CONFIG SET may have changed."""
    return [[b'CONFIG', b'SET', b'maxmemory', b'0', b'maxmemory-policy', b'noeviction']]


TEMPLATES = [
    *[('CONFIG', 'SET', 'maxmemory', LIMIT)] * 4,
    *[('CONFIG', 'SET', 'maxmemory-policy', POLICY)] * 2,
    ('CONFIG', 'SET', 'maxmemory', LIMIT, 'maxmemory-policy', POLICY),
    *[('MULTI',)] * 5,
    *[('EXEC',)] * 5,
    ('DISCARD',),
    ('@CONFIG', 'SET', 'maxmemory', LIMIT),
    *[('SET', anyKey, value)] * 4,
    *[('SET', anyKey, value, 'EX', oneOf(1000, 2000))] * 4,
    ('GET', anyKey),
    ('GET', anyKey),
    ('DBSIZE',),
    ('DBSIZE',),
    ('EXISTS', several(anyKey, 1, 4)),
    ('DEL', anyKey),
    ('UNLINK', anyKey),
    ('EXPIRE', anyKey, 1000),
    ('PERSIST', anyKey),
    ('INCR', anyKey),
    ('INCRBY', anyKey, integer),
    ('APPEND', anyKey, value),
    ('SETRANGE', anyKey, 3, value),
    ('SETBIT', anyKey, 7, 1),
    ('BITFIELD', anyKey, 'GET', 'u8', 0),
    ('GETDEL', anyKey),
    ('GETEX', anyKey, 'EX', 1000),
    ('GETSET', anyKey, value),
    ('MSET', anyKey, value, anyKey, value),
    ('RENAME', anyKey, anyKey),
    ('COPY', anyKey, anyKey),
    ('MOVE', anyKey, 1),
    ('LPUSH', anyKey, value),
    ('LPOP', anyKey),
    ('RPOPLPUSH', anyKey, anyKey),
    ('LTRIM', anyKey, 0, 1),
    ('LSET', anyKey, 0, value),
    ('LREM', anyKey, 0, value),
    ('SADD', anyKey, value),
    ('SREM', anyKey, value),
    ('SMOVE', anyKey, anyKey, value),
    ('SUNIONSTORE', anyKey, anyKey),
    ('ZADD', anyKey, 1, value),
    ('ZREM', anyKey, value),
    ('ZPOPMIN', anyKey),
    ('HSET', anyKey, value, value),
    ('HDEL', anyKey, value),
    ('HINCRBY', anyKey, value, 1),
    ('XADD', anyKey, '1-1', value, value),
    ('XTRIM', anyKey, 'MAXLEN', 0),
    ('PFADD', anyKey, value),
    ('PFMERGE', anyKey, anyKey),
    ('GEOADD', anyKey, 1, 1, value),
    ('SORT', anyKey, 'STORE', anyKey),
    ('TOUCH', anyKey),
    ('PUBLISH', 'news', value),
    ('FLUSHALL',),
    ('SWAPDB', 0, 1),
    ('PING',),
    ('WATCH', anyKey),
    ('UNWATCH',),
]
