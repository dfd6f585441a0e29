"""Foreign bytes where a HyperLogLog is expected."""
import gen_hll
from arguments import between, binary, oneOf, value

KEY = gen_hll.KEY
# The last byte of a header says that the count in it is stale.
REST = b'\x00' * 10 + b'\x80'

TEMPLATES = [
    *gen_hll.TEMPLATES,
    ('SET', KEY, oneOf('', 'HYLL', b'HYLL\x00' + REST, b'HYLL\x01' + REST, b'HYLL\x02' + REST,
                       b'HYLL\x00' + REST + b'\x00' * 100, b'HYLL\x01' + REST + b'\x7f\xff',
                       b'HYLL\x01' + REST + b'\x7f\xff' * 2, binary, value)),
    ('SETRANGE', KEY, between(0, 30), binary),
    ('APPEND', KEY, binary),
]
