"""Server commands whose answer does not depend on the machine: configuration, command table."""
from arguments import anyKey, between, integer, maybe, oneOf, several, value

# Parameters that both have, with values that do no harm to the run. What a script changed, the
# driver sets back before the next one: see prelude().
PARAMETERS = {
    'maxmemory-samples': (5, 1, 10, 0, 'a', 65),
    'maxmemory-policy': ('noeviction', 'allkeys-lru', 'volatile-ttl', 'nosuch'),
    'lfu-log-factor': (10, 0, 100, -1),
    'lfu-decay-time': (1, 0, 5, -1),
    'timeout': (0, 1000, -1, 'a'),
    'tcp-keepalive': (300, 0, 60, -1),
    'slowlog-max-len': (128, 0, 1000, -1, 'a'),
    'slowlog-log-slower-than': (10000, -1, 1000000, 'a'),
    'latency-monitor-threshold': (0, 100000, -1),
    'notify-keyspace-events': ('', 'KEA', 'Kx', 'E$lg', 'nosuch!', 'AK', 'gxE'),
    'hash-max-listpack-entries': (512, 64, -1, 'a'),
    'set-max-intset-entries': (512, 8, 'a'),
    'zset-max-listpack-value': (64, 8, 'a'),
    'list-max-listpack-size': (-2, 128, -5, 'a'),
    'proto-max-bulk-len': (512 * 1024 * 1024, '512mb', '100mb', '1kb', 'a'),
    'client-query-buffer-limit': ('1gb', '2mb', '1', 'a'),
    'lazyfree-lazy-user-del': ('no', 'yes', 'maybe'),
    'lazyfree-lazy-expire': ('no', 'yes', '1'),
    'active-expire-effort': (1, 10, 11, 0),
    'hz': (10, 100, 'a'),
    'appendfsync': ('everysec', 'always', 'no', 'nosuch'),
    'maxclients': (10000, 5000, 0, 'a'),
    'loglevel': ('notice', 'warning', 'nosuch'),
}
NAMES = oneOf(*PARAMETERS)
READ_ONLY = oneOf('databases', 'appendfilename', 'nosuch', 'daemonize')

# Commands that are the same in both. Containers are left out: newer versions have more in them.
PLAIN = oneOf('get', 'set', 'del', 'mget', 'mset', 'append', 'incr', 'getrange', 'setrange', 'exists',
              'expire', 'ttl', 'rename', 'type', 'ping', 'echo', 'select', 'dbsize', 'setbit',
              'bitcount', 'pfadd', 'pfcount', 'pfmerge', 'strlen', 'getdel', 'persist', 'touch',
              'unlink', 'msetnx', 'setex', 'copy', 'object|encoding', 'nosuch', 'config|get')
KEYED = oneOf(('GET', anyKey), ('SET', anyKey, value), ('MSET', several((anyKey, value), 1, 3)),
              ('MSET', anyKey), ('MGET', several(anyKey, 1, 3)), ('DEL', several(anyKey, 1, 3)),
              ('PING',), ('nosuch',), ('OBJECT', 'ENCODING', anyKey), ('COPY', anyKey, anyKey),
              ('BITOP', 'AND', anyKey, several(anyKey, 1, 2)), ('SORT', anyKey, 'STORE', anyKey),
              ('LCS', anyKey, anyKey), ('BITFIELD', anyKey, 'GET', 'u8', 0), ('GET',),
              ('PFMERGE', anyKey, anyKey), ('PFCOUNT', several(anyKey, 1, 2)))


def parameterAndValue(r):
    name = r.choice(list(PARAMETERS))
    return [name, r.choice(PARAMETERS[name])]


def prelude():
    """Puts back what CONFIG SET may have changed."""
    return [[b'CONFIG', b'SET', name.encode(), str(values[0]).encode()]
            for name, values in PARAMETERS.items()]


TEMPLATES = [
    ('CONFIG', 'GET', NAMES),
    ('CONFIG', 'GET', several(NAMES, 1, 3)),
    ('CONFIG', 'GET', oneOf('maxmemory-*', 'nosuch*', 'lfu-*', 'HZ', 'slowlog-m[ae]x-len')),
    ('CONFIG', 'SET', parameterAndValue),
    ('CONFIG', 'SET', parameterAndValue),
    ('CONFIG', 'SET', several(parameterAndValue, 1, 3)),
    ('CONFIG', 'SET', READ_ONLY, integer),
    ('CONFIG', 'SET', NAMES),
    ('CONFIG', 'RESETSTAT'),
    ('CONFIG', oneOf('nosuch', 'GET', 'SET')),
    ('COMMAND', 'INFO', several(PLAIN, 1, 2)),
    ('COMMAND', 'GETKEYS', KEYED),
    ('COMMAND', 'GETKEYSANDFLAGS', KEYED),
    ('COMMAND', 'LIST', 'FILTERBY', oneOf('nosuch', ('PATTERN', oneOf('pf*', 'getr*', 'nosuch*')))),
    ('TIME', maybe('x', chance=0.1)),
    ('DBSIZE',),
    ('FLUSHALL', oneOf((), 'SYNC', 'ASYNC', 'nosuch')),
    ('MEMORY', oneOf('nosuch', 'usage')),
    ('SLOWLOG', oneOf(('GET', 'a'), 'nosuch', ('GET', -5))),
    ('LATENCY', oneOf(('RESET', 'nosuch'), ('HISTORY', 'nosuch'), 'nosuch')),
    ('DEBUG', 'nosuch'),
    ('WAIT', 0, oneOf(0, 'a', -1)),
    ('SWAPDB', between(0, 15), between(0, 15)),
]
