"""Bits of strings."""
from arguments import (anyKey, between, binary, integer, key, maybe, oneOf, several, value)

KEY = key('bits')
BIT = between(0, 2000)
TYPE = oneOf('u1', 'u2', 'u7', 'u8', 'u16', 'u31', 'u32', 'u63', 'i1', 'i5', 'i8', 'i16', 'i32',
             'i64', 'u64', 'u0', 'i65', 'x8', 'i')
OFFSET = oneOf(between(0, 500), between(0, 500), '#0', '#1', '#7', '#30', '#-1', '-1', '#', 'a',
               4294967295 + 1, 2**63 - 1)
OPERATION = oneOf(('GET', TYPE, OFFSET), ('SET', TYPE, OFFSET, integer),
                  ('INCRBY', TYPE, OFFSET, integer), ('INCRBY', TYPE, OFFSET, integer),
                  ('OVERFLOW', oneOf('WRAP', 'SAT', 'FAIL', 'nosuch')))

TEMPLATES = [
    ('SETBIT', KEY, BIT, oneOf(0, 1, 1, 1, 2, -1, 'a')),
    ('SETBIT', KEY, BIT, 1),
    ('SETBIT', KEY, oneOf(4294967296, -1, 2**63 - 1, 'a'), 1),
    ('GETBIT', KEY, oneOf(BIT, 4294967295, 4294967296)),
    ('BITCOUNT', KEY),
    ('BITCOUNT', KEY, integer, integer, maybe(oneOf('BYTE', 'BIT', 'nosuch'))),
    ('BITCOUNT', KEY, between(-300, 300)),
    ('BITPOS', KEY, oneOf(0, 1, 1, 2, 'a'), maybe(between(-300, 300))),
    ('BITPOS', KEY, oneOf(0, 1), integer, integer, maybe(oneOf('BYTE', 'BIT', 'nosuch'))),
    ('BITOP', oneOf('AND', 'OR', 'XOR', 'nosuch'), KEY, several(KEY, 1, 4)),
    ('BITOP', 'NOT', KEY, several(KEY, 1, 1)),
    ('BITOP', 'NOT', KEY, several(anyKey, 1, 2)),
    ('BITFIELD', KEY, several(OPERATION, 1, 4)),
    ('BITFIELD', KEY, several(OPERATION, 1, 4)),
    ('BITFIELD', KEY, maybe(oneOf('nosuch', ('GET', TYPE), ('SET', TYPE, OFFSET)))),
    ('BITFIELD_RO', KEY, several(('GET', TYPE, OFFSET), 1, 3)),
    ('BITFIELD_RO', KEY, several(OPERATION, 1, 2)),
    ('SET', KEY, oneOf(binary, value)),
    ('GET', KEY),
    ('STRLEN', KEY),
    ('DEL', KEY),
    ('OBJECT', 'ENCODING', KEY),
]
