"""HyperLogLog. GET shows the registers, so sparse and dense bytes are compared too."""
from arguments import anyKey, key, several, text, value

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
]
