"""SORT over lists, sets and sorted sets."""
from arguments import anyKey, between, integer, key, maybe, oneOf, several, shuffled, text, value

KEY = key('sort')
# Few of them, so that the keys which patterns make are there at times.
ELEMENT = oneOf(between(-5, 30), between(0, 9), oneOf('a', 'b', 'aa', 'x y', 'B', b'\xff\x00z', b'c\x00b'))
NUMBER = oneOf(between(-5, 30), between(0, 9), oneOf(1.5, '2.25', '-0.5', '1e3', ' 7', '0x10', 'inf', '-inf'))


def plain(what):
    """Without zero bytes, behind which strcoll() sees no difference."""
    def generate(r):
        while True:
            made = what(r)
            if not isinstance(made, bytes) or b'\0' not in made:
                return made
    return generate


PATTERN = oneOf('w_*', 'w_*', 'w_*', 'w_*x', 'wh_*->f', 'wh_*->f', 'wh_*->g', 'wh_*->', '*', '#', 'nosort',
                'w', '', '**', 'w_*->*', '*->f')
BY = ('BY', PATTERN)
GET = ('GET', PATTERN)
LIMIT = ('LIMIT', between(-3, 12), between(-3, 12))
ORDER = oneOf('ASC', 'DESC')
# With ALPHA, BY and LIMIT together, the oracle shuffles what is equal.
def options(gets, *more):
    return oneOf(shuffled(maybe(BY), several(GET, 0, gets), maybe(LIMIT, chance=0.3), maybe(ORDER), *more),
                 shuffled(BY, several(GET, 0, gets), maybe(ORDER), 'ALPHA', *more),
                 shuffled('ALPHA', several(GET, 0, gets), maybe(LIMIT, chance=0.3), maybe(ORDER), *more))


OPTIONS = options(3, maybe(oneOf('nosuch', integer), chance=0.05))
STORING = options(2, ('STORE', KEY))
# What is equal stays in the order that it was read in, and only lists have one that is known. So of
# sets nothing is asked where elements can be equal: with ALPHA, they are by what BY names.
SINGLE = shuffled(oneOf(('BY', oneOf('w_*', 'wh_*->f', '*->f', 'nosort')), 'ALPHA', ()),
                  several(GET, 0, 3), maybe(LIMIT, chance=0.3), maybe(ORDER))
SINGLE_STORING = shuffled(oneOf(('BY', oneOf('w_*', 'wh_*->f', 'nosort')), 'ALPHA', ()),
                          several(GET, 0, 2), maybe(LIMIT, chance=0.3), maybe(ORDER), ('STORE', KEY))
LISTS = oneOf('so1', 'so2', 'so3')

TEMPLATES = [
    ('RPUSH', oneOf('so1', 'so2'), several(ELEMENT, 1, 8)),
    ('RPUSH', oneOf('so1', 'so2', 'so3'), several(NUMBER, 1, 8)),
    ('RPUSH', 'so3', several(NUMBER, 100, 300)),
    ('SADD', oneOf('so4', 'so5'), several(plain(NUMBER), 1, 8)),
    ('SADD', 'so5', several(plain(ELEMENT), 1, 8)),
    ('ZADD', 'so6', several((oneOf(between(0, 5), '-2.5', '1e3', 'inf', '.5'), plain(ELEMENT)), 1, 6)),
    ('ZADD', 'so7', several((between(0, 5), plain(NUMBER)), 1, 6)),
    ('MSET', several((oneOf('w_1', 'w_2', 'w_3', 'w_4', 'w_5', 'w_a', 'w_b', 'w_1x', 'wh_1->', '1', '2'),
                      oneOf(NUMBER, NUMBER, text(1, 4))), 1, 5)),
    ('HSET', oneOf('wh_1', 'wh_2', 'wh_3', 'wh_a', '1', 'w_4'),
     several((oneOf('f', 'g', '*'), oneOf(NUMBER, text(1, 3))), 1, 3)),
    ('SORT', LISTS, OPTIONS),
    ('SORT', LISTS, OPTIONS),
    ('SORT', 'so7', SINGLE),
    ('SORT_RO', oneOf('so1', 'so3'), OPTIONS),
    ('SORT_RO', oneOf('so6', 'so7'), SINGLE),
    ('SORT', oneOf('so4', 'so5'), 'ALPHA', several(GET, 0, 2), maybe(LIMIT), maybe(ORDER)),
    ('SORT', oneOf('so4', 'so5'), several(GET, 0, 2), maybe(LIMIT), maybe(ORDER)),
    ('SORT', oneOf('so4', 'so5'), 'BY', oneOf('w_*', 'wh_*->f'), several(GET, 0, 2), maybe(LIMIT)),
    ('SORT', oneOf('so4', 'so5'), 'BY', 'nosort', 'STORE', oneOf('so1', 'so8')),
    ('SORT', LISTS, STORING),
    ('SORT', oneOf('so6', 'so7', 'so4'), SINGLE_STORING),
    ('SORT_RO', LISTS, STORING),
    ('SORT', LISTS, several(oneOf(BY, GET, LIMIT, 'ASC', 'LIMIT', 'GET', ('STORE', KEY), integer), 0, 4)),
    ('LRANGE', oneOf('so1', 'so2', 'so3', 'so8'), 0, -1),
    ('PEXPIRE', oneOf('so1', 'w_1', 'w_2', 'wh_1'), 10**9),
    ('TTL', KEY),
    ('SET', oneOf('so8', 'w_3', 'wh_2'), value),
    ('DEL', oneOf(KEY, KEY, 'w_1', 'wh_1', anyKey)),
]
