"""Keys past their deadline that are still there: who finds them removes them.

A deadline of one millisecond is over before the next command is sent (compare.isMortal)."""
import gen_bitmap
import gen_hll
import gen_keys
import gen_string
from arguments import anyKey, between, integer, oneOf, several, value

DYING = [
    ('PEXPIRE', anyKey, 1),
    ('PSETEX', anyKey, 1, value),
    ('SET', anyKey, value, 'PX', 1),
    ('GETEX', anyKey, 'PX', 1),
]
# Left out: what goes through keys in an order of its own, and what fails in one server only, so
# that only the other one finds the key dead.
LEFT_OUT = ('SCAN', 'KEYS', 'RANDOMKEY', 'SORT', 'SORT_RO', 'BITCOUNT', 'BITPOS')

TEMPLATES = [
    *DYING * 12,
    ('DBSIZE',),
    ('BITCOUNT', anyKey),
    ('BITPOS', anyKey, 1),
    ('EXISTS', several(anyKey, 1, 3)),
    ('GETRANGE', anyKey, between(-5, 5), integer),
    ('SELECT', oneOf(0, 0, 1)),
    *(t for family in (gen_string, gen_keys, gen_bitmap, gen_hll) for t in family.TEMPLATES
      if t[0] not in LEFT_OUT),
]
