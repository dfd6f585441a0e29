"""Messages between two connections: '@' marks what the listener sends (see pair.py)."""
from arguments import anyKey, maybe, oneOf, several, text, value

CHANNEL = oneOf('news', 'news.art', 'n', '{t}a', b'\x00\xff\r\n', '__keyevent@0__:set', text(1, 5))
PATTERN = oneOf('news*', '*', 'n?ws', '[mn]', 'news', '__keyspace@0__:s?', '\\*', value)

TEMPLATES = [
    ('@SUBSCRIBE', several(CHANNEL, 1, 3)),
    ('@PSUBSCRIBE', several(PATTERN, 1, 2)),
    ('@SSUBSCRIBE', several(CHANNEL, 1, 2)),
    ('@UNSUBSCRIBE', several(CHANNEL, 0, 2)),
    ('@PUNSUBSCRIBE', several(PATTERN, 0, 2)),
    ('@SUNSUBSCRIBE', several(CHANNEL, 0, 2)),
    ('@UNSUBSCRIBE', several(CHANNEL, 1, 2)),
    ('@GET', anyKey),
    ('@SET', anyKey, value),
    ('@PUBLISH', CHANNEL, value),
    ('@PING', maybe(value)),
    ('@ECHO', value),
    ('@RESET',),
    ('PUBLISH', CHANNEL, value),
    ('PUBLISH', CHANNEL, value),
    ('PUBLISH', CHANNEL, value),
    ('SPUBLISH', CHANNEL, value),
    ('PUBSUB', 'CHANNELS', maybe(PATTERN)),
    ('PUBSUB', 'SHARDCHANNELS', maybe(PATTERN)),
    ('PUBSUB', 'NUMSUB', several(CHANNEL, 0, 3)),
    ('PUBSUB', 'SHARDNUMSUB', several(CHANNEL, 0, 3)),
    ('PUBSUB', 'NUMPAT'),
    ('PUBSUB', oneOf('nosuch', 'numsub', ('CHANNELS', 'a', 'b'))),
    ('SET', anyKey, value),
    ('DEL', anyKey),
    ('CONFIG', 'SET', 'notify-keyspace-events', oneOf('KEAmn', 'KEA', 'Kg', 'E$', '', 'KEx', 'Em')),
]
