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
    'notify-keyspace-events': ('KEAmn', '', 'KEA', 'Kx', 'E$lg', 'AK', 'gxE'),
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
    'maxmemory': (0, '', '1gb', '2G', '1024mb', '-1', 'a', '1.5gb'),
    'maxmemory-eviction-tenacity': (10, 0, 100, 101, -1),
    'maxmemory-clients': (0, '', '1g', '10%', '101%', '-5%', 'a'),
    'stream-node-max-bytes': (4096, 0, '1kb', -1, 'a'),
    'stream-node-max-entries': (100, 0, -1),
    'list-compress-depth': (0, 1, -1),
    'zset-max-listpack-entries': (128, 0, -1),
    'hash-max-listpack-value': (64, 0, 'a'),
    'lazyfree-lazy-eviction': ('no', 'yes', 'NO', 'Yes', ''),
    'lazyfree-lazy-server-del': ('no', 'yes', '0'),
    'lazyfree-lazy-user-flush': ('no', 'yes', 'a'),
    'replica-lazy-flush': ('no', 'yes', 'a'),
    'activerehashing': ('yes', 'no', 'a'),
    'dynamic-hz': ('yes', 'no', 'a'),
    'client-output-buffer-limit': (
        'normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60', 'normal 1gb 0 0',
        'pubsub 32mb 8mb 60 replica 1g 1g 5', 'normal 1 2', 'nosuch 0 0 0', 'normal a 0 0', '',
        'normal 0 0 -1'),
    'oom-score-adj': ('no', 'nosuch'),
    'tracking-table-max-keys': (1000000, 0, -1, 'a'),
    'lua-time-limit': (5000, 0, -1, 'a'),
    'proc-title-template': ('{title} {listen-addr} {server-mode}', '{nosuch}', 'x'),
    'latency-tracking': ('yes', 'no', 'a'),
    'jemalloc-bg-thread': ('yes', 'a'),
    'crash-log-enabled': ('yes', 'no', 'a'),
    'appendonly': ('no', 'a'),
    'min-replicas-max-lag': (10, 0, -1),
    'repl-timeout': (60, 1, 0, -1),
    'acllog-max-len': (128, 0, -1),
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


# Without containers and what newer versions changed.
SAME_COMMANDS = [
    'append', 'bitcount', 'bitfield', 'bitfield_ro', 'bitop', 'bitpos', 'copy', 'decr', 'decrby', 'del',
    'dbsize', 'echo', 'exists', 'expire', 'expireat', 'expiretime', 'flushall', 'flushdb',
    'get', 'getbit', 'getdel', 'getex', 'getrange', 'getset', 'hello', 'incr', 'incrby',
    'incrbyfloat', 'keys', 'lcs', 'mget', 'move', 'mset', 'persist', 'pexpire', 'pexpireat',
    'pexpiretime', 'pfadd', 'pfcount', 'pfdebug', 'pfmerge', 'pfselftest', 'ping', 'psetex',
    'psubscribe', 'pttl', 'publish', 'punsubscribe', 'quit', 'randomkey', 'rename', 'renamenx', 'reset',
    'scan', 'select', 'set', 'setbit', 'setex', 'setnx', 'setrange', 'spublish', 'ssubscribe',
    'strlen', 'subscribe', 'substr', 'sunsubscribe', 'swapdb', 'time', 'touch', 'ttl', 'type', 'unlink',
    'unsubscribe', 'auth']


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
    ('COMMAND', 'INFO', oneOf(*SAME_COMMANDS)),
    ('COMMAND', 'GETKEYS', KEYED),
    ('COMMAND', 'GETKEYSANDFLAGS', KEYED),
    ('COMMAND', 'LIST', 'FILTERBY', oneOf('nosuch', ('PATTERN', oneOf('pf*', 'getr*', 'nosuch*')))),
    ('TIME', maybe('x', chance=0.1)),
    ('DBSIZE',),
    ('FLUSHALL', oneOf((), 'SYNC', 'ASYNC', 'nosuch')),
    ('MEMORY', oneOf('nosuch', 'usage', ('usage', 'no such key'), ('usage', anyKey, 'samples'),
                     ('usage', anyKey, 'SAMPLES', -1), ('usage', anyKey, 'SAMPLES', 'a'),
                     'help', ('doctor', 'x'))),
    ('SLOWLOG', oneOf(('GET', 'a'), 'nosuch', ('GET', -5))),
    ('LATENCY', oneOf(('RESET', 'nosuch'), ('HISTORY', 'nosuch'), 'nosuch')),
    ('DEBUG', 'nosuch'),
    ('WAIT', 0, oneOf(0, 'a', -1)),
    ('SWAPDB', between(0, 15), between(0, 15)),
]
