"""What SLOWLOG keeps of commands, and what LATENCY counts, where every command is slow enough."""
from arguments import anyKey, integer, key, maybe, oneOf, several, text, value

KEY = key('string')
SLOWER_THAN = ('CONFIG', 'SET', 'slowlog-log-slower-than', 0)
COUNTED = oneOf('set', 'get', 'incr', 'del', 'append', 'exec', 'config', 'config|set', 'client',
                'nosuch', 'SET', 'config|nosuch', '')

TEMPLATES = [
    *[SLOWER_THAN] * 6,
    ('CONFIG', 'SET', 'slowlog-log-slower-than', -1),
    ('CONFIG', 'SET', 'slowlog-max-len', oneOf(0, 1, 5, 128, 1000)),
    *[('SLOWLOG', 'GET', oneOf((), 1, 3, 20, -1))] * 4,
    ('SLOWLOG', 'GET', integer),
    ('SLOWLOG', 'LEN'),
    ('SLOWLOG', 'RESET'),
    ('SLOWLOG', oneOf('nosuch', 'len', ('get', 1, 2), ('reset', 'x'), ())),
    ('CLIENT', 'SETNAME', text(1, 5)),
    ('SET', KEY, oneOf('x' * 127, 'x' * 128, 'x' * 129, 'x' * 5000, value)),
    ('SET', KEY, value),
    ('GET', KEY),
    ('INCR', KEY),
    ('DEL', several(KEY, 1, 5)),
    ('MGET', several(KEY, 29, 35)),
    ('APPEND', KEY, value),
    ('GET',),
    ('nosuch', value),
    ('MULTI',),
    ('MULTI',),
    ('EXEC',),
    ('EXEC',),
    ('AUTH', value, maybe(value)),
    ('HELLO', oneOf(2, 3), 'AUTH', oneOf('x', 'nosuch'), value),
    ('CONFIG', 'SET', oneOf('masterauth', 'masteruser'), oneOf('secret', '')),
    ('CONFIG', 'SET', 'timeout', 0, 'masterauth', oneOf('secret', '')),
    ('LATENCY', 'HISTOGRAM', several(COUNTED, 1, 4)),
    ('LATENCY', 'HISTOGRAM', several(COUNTED, 1, 4)),
    ('LATENCY', 'LATEST'),
    ('LATENCY', oneOf('HISTORY', 'GRAPH', 'RESET'), oneOf('nosuch', value)),
    ('LATENCY', oneOf('HISTORY', 'GRAPH', 'nosuch', ('LATEST', 'x'), ('DOCTOR', 'x'))),
    ('CONFIG', 'SET', 'latency-tracking', oneOf('yes', 'yes', 'no')),
    ('CONFIG', 'RESETSTAT'),
]
