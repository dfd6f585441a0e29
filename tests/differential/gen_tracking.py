"""CLIENT TRACKING: the listener ('@', see pair.py) reads keys that the other connection changes.

BCAST is left out: what a loop iteration brings together depends on how the bytes came. The listener
reads with one reply at a time: 7.0.15 writes its pushes into the middle of an array.
"""
from arguments import anyKey, maybe, oneOf, several, value

MODE = oneOf('OPTIN', 'OPTOUT', 'NOLOOP', (), ())

TEMPLATES = [
    ('@CLIENT', 'TRACKING', 'ON', MODE),
    ('@CLIENT', 'TRACKING', 'ON', MODE),
    ('@CLIENT', 'TRACKING', oneOf('OFF', 'ON', 'x'), maybe(MODE)),
    ('@CLIENT', 'TRACKING', 'ON', oneOf(('REDIRECT', '-1'), ('REDIRECT', 'a'), ('REDIRECT', 0),
                                        ('PREFIX', 'a'), ('OPTIN', 'OPTOUT'), ('BCAST', 'OPTIN'))),
    ('@CLIENT', 'CACHING', oneOf('YES', 'NO', 'x')),
    ('@CLIENT', 'TRACKINGINFO'),
    ('@CLIENT', 'GETREDIR'),
    ('@EXISTS', several(anyKey, 1, 6)),
    ('@EXISTS', several(anyKey, 1, 6)),
    ('@STRLEN', anyKey),
    ('@GET', anyKey),
    ('@TTL', anyKey),
    ('@TYPE', anyKey),
    ('@SET', anyKey, value),
    ('@DEL', anyKey),
    ('@RESET',),
    ('SET', anyKey, value),
    ('SETNX', anyKey, value),
    ('APPEND', anyKey, value),
    ('DEL', several(anyKey, 1, 3)),
    ('RENAME', anyKey, anyKey),
    ('COPY', anyKey, anyKey, maybe('REPLACE')),
    ('EXPIRE', anyKey, oneOf(100, 0, -1)),
    ('PERSIST', anyKey),
    ('MSET', anyKey, value, anyKey, value),
    ('GETSET', anyKey, value),
    ('FLUSHDB',),
    ('MULTI',),
    ('EXEC',),
]
