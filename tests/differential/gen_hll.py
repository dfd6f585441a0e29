"""HyperLogLog. GET shows the registers, so sparse and dense bytes are compared too."""
from arguments import (anyKey, between, binary, key, oneOf, several, text, value)

KEY = key('hll')


def manyElements(r):
    """Enough for one or two commands to turn a sparse one into a dense one."""
    start = r.randrange(100000)
    return [f'element:{i}' for i in range(start, start + r.choice([10, 100, 1000]))]


TEMPLATES = [
    ('PFADD', KEY, several(text(1, 3), 0, 5)),
    ('PFADD', KEY, several(value, 0, 5)),
    ('PFADD', KEY, manyElements),
    ('PFCOUNT', KEY),
    ('PFCOUNT', several(KEY, 1, 4)),
    ('PFMERGE', KEY, several(KEY, 0, 3)),
    ('PFMERGE', anyKey, several(anyKey, 0, 3)),
    ('GET', KEY),
    ('GET', KEY),
    ('STRLEN', KEY),
    ('TYPE', KEY),
    ('OBJECT', 'ENCODING', KEY),
    ('DEL', KEY),
    # Foreign bytes where a HyperLogLog is expected.
    ('SET', KEY, oneOf('', 'HYLL', b'HYLL\x00' + b'\x00' * 11, b'HYLL\x01' + b'\x00' * 11,
                       b'HYLL\x02' + b'\x00' * 11, b'HYLL\x00' + b'\x00' * 100,
                       b'HYLL\x01' + b'\x00' * 11 + b'\x7f\xff',
                       b'HYLL\x01' + b'\x00' * 11 + b'\x7f\xff' * 2, binary, value)),
    ('SETRANGE', KEY, between(0, 30), binary),
    ('APPEND', KEY, binary),
]
