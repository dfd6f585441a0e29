"""Sorted sets."""
from arguments import (anyKey, between, double, integer, key, maybe, oneOf, several, shuffled, text,
                       value)

KEY = key('zset')
SOURCE = oneOf(KEY, KEY, KEY, KEY, KEY, 'z-set', 'z-set', anyKey)


def score(r):
    chance = r.random()
    if chance < 0.5:
        return r.randint(-5, 5)
    if chance < 0.7:
        return r.randint(-40, 40) / 8
    if chance < 0.9:
        return r.choice(['inf', '-inf', '+inf', '1e20', '-1e300', '1e17', '1e16', '0.1', '-0', '3e-5',
                         '123456789012345678', '4503599627370497.5', '5e-324', '1.7976931348623157e308'])
    return double(r)


def member(r):
    chance = r.random()
    if chance < 0.75:
        return r.choice('abcdefghijklmnop')
    if chance < 0.85:
        return r.randint(-3, 300)
    if chance < 0.9:
        return r.choice('abc') * r.choice([63, 64, 65, 66])
    return value(r)


BOUND = oneOf(score, score, score, lambda r: f'({score(r)}', '-inf', '+inf', '(-inf', '', '(', ' 1', 'nan',
              'a', '1e400', '(1 ')
NAME = oneOf('-', '+', '-', '+', lambda r: f'[{r.choice("abcdefghijklmnopq")}',
             lambda r: f'({r.choice("abcdefghijklmnopq")}', '[', '(', '[a\x00', 'a', '', '-x', '+x')
RANK = between(-20, 20)
LIMIT = ('LIMIT', between(-2, 8), between(-2, 8))
PAIR = (score, member)
CONDITION = oneOf('NX', 'XX', 'GT', 'LT', 'CH', 'gt', 'lt')


def some(r):
    """numkeys and keys, now and then not as many."""
    count = r.randint(1, 4)
    said = count if r.random() < 0.95 else r.choice([0, -1, 'a', count + 1, count - 1, 2**31, 2**63])
    return [said, *(SOURCE(r) for _ in range(count))]


def weights(r):
    return ['WEIGHTS', *(score(r) for _ in range(r.randint(1, 4)))]


AGGREGATE = ('AGGREGATE', oneOf('SUM', 'MIN', 'MAX', 'min', 'nosuch'))


def algebra(r):
    """Keys with as many weights, mostly."""
    made = some(r)
    count = len(made) - 1
    options = []
    if r.random() < 0.5:
        options += ['WEIGHTS', *(score(r) for _ in range(count if r.random() < 0.9 else count + 1))]
    if r.random() < 0.5:
        options += ['AGGREGATE', r.choice(['SUM', 'MIN', 'MAX', 'sum', 'nosuch'])]
    return made + options


def crowd(r):
    """More members than a listpack keeps."""
    return [a for i in range(r.choice([100, 127, 128, 129, 140])) for a in (r.randint(0, 9), f'm{i}')]


WITHSCORES = maybe('WITHSCORES')

TEMPLATES = [
    ('ZADD', KEY, several(PAIR, 1, 4)),
    ('ZADD', KEY, several(PAIR, 1, 4)),
    ('ZADD', KEY, several(PAIR, 3, 12)),
    ('ZADD', KEY, several(PAIR, 3, 12)),
    ('ZADD', KEY, several(CONDITION, 0, 2), several(PAIR, 1, 3)),
    ('ZADD', KEY, several(CONDITION, 0, 2), 'INCR', several(PAIR, 1, 1)),
    ('ZADD', KEY, several(CONDITION, 0, 3), score, maybe(member)),
    ('ZADD', KEY, crowd),
    ('ZADD', oneOf('z-lex', KEY), 0, member, 0, member, 0, member, 0, member),
    ('ZADD', 'z-lex', 0, member, 0, member),
    ('ZINCRBY', KEY, score, member),
    ('ZREM', KEY, several(member, 1, 4)),
    ('ZCARD', KEY),
    ('ZSCORE', KEY, member),
    ('ZMSCORE', KEY, several(member, 1, 4)),
    ('ZRANK', KEY, member),
    ('ZREVRANK', KEY, member),
    ('ZCOUNT', KEY, BOUND, BOUND),
    ('ZLEXCOUNT', 'z-lex', NAME, NAME),
    ('ZRANGE', KEY, 0, -1, 'WITHSCORES'),
    ('ZRANGE', KEY, RANK, RANK, shuffled(WITHSCORES, maybe('REV'), maybe(LIMIT, chance=0.1))),
    ('ZRANGE', KEY, BOUND, BOUND, shuffled('BYSCORE', WITHSCORES, maybe('REV'), maybe(LIMIT))),
    ('ZRANGE', 'z-lex', NAME, NAME, shuffled('BYLEX', maybe('REV'), maybe(LIMIT), maybe('WITHSCORES', chance=0.1))),
    ('ZREVRANGE', KEY, RANK, RANK, WITHSCORES),
    ('ZRANGEBYSCORE', KEY, BOUND, BOUND, shuffled(WITHSCORES, maybe(LIMIT))),
    ('ZREVRANGEBYSCORE', KEY, BOUND, BOUND, shuffled(WITHSCORES, maybe(LIMIT))),
    ('ZRANGEBYLEX', 'z-lex', NAME, NAME, maybe(LIMIT)),
    ('ZREVRANGEBYLEX', 'z-lex', NAME, NAME, maybe(LIMIT)),
    ('ZRANGESTORE', KEY, KEY, RANK, RANK, maybe('REV')),
    ('ZRANGESTORE', KEY, KEY, BOUND, BOUND, shuffled('BYSCORE', maybe('REV'), maybe(LIMIT))),
    ('ZRANGESTORE', oneOf('z-lex', KEY), 'z-lex', NAME, NAME, shuffled('BYLEX', maybe('REV'), maybe(LIMIT))),
    ('ZREMRANGEBYRANK', KEY, RANK, RANK),
    ('ZREMRANGEBYSCORE', KEY, BOUND, BOUND),
    ('ZREMRANGEBYLEX', 'z-lex', NAME, NAME),
    ('ZPOPMIN', KEY, maybe(between(0, 5))),
    ('ZPOPMAX', KEY, maybe(between(0, 5))),
    ('ZMPOP', some, oneOf('MIN', 'MAX', 'max', 'nosuch'), maybe('COUNT', between(1, 5))),
    ('BZPOPMIN', several(KEY, 1, 3), oneOf('0.01', '0.01', '-1', 'a')),
    ('BZPOPMAX', several(KEY, 1, 3), oneOf('0.01', '0.01', '-1', 'a')),
    ('BZMPOP', oneOf('0.01', '0.01', '-1', 'a'), some, oneOf('MIN', 'MAX', 'nosuch'),
     maybe('COUNT', between(1, 5))),
    ('ZUNION', algebra, WITHSCORES),
    ('ZINTER', algebra, WITHSCORES),
    ('ZDIFF', some, WITHSCORES),
    ('ZUNIONSTORE', KEY, algebra),
    ('ZINTERSTORE', KEY, algebra),
    ('ZDIFFSTORE', KEY, some),
    ('ZINTERCARD', some, maybe('LIMIT', between(0, 5))),
    ('ZRANDMEMBER', KEY, maybe(between(-30, 30), maybe('WITHSCORES'))),
    ('ZRANDMEMBER', KEY, integer, oneOf('WITHSCORES', 'nosuch')),
    ('ZSCAN', KEY, 0, maybe('COUNT', 1000), maybe('MATCH', oneOf('*', 'a*', 'm1*', '[a-c]'))),
    ('ZSCAN', KEY, oneOf(0, integer), several(('COUNT', integer), 0, 1)),
    ('SADD', 'z-set', several(member, 1, 5)),
    ('OBJECT', 'ENCODING', KEY),
    ('DEL', KEY),
    ('SET', KEY, text(1, 5)),
    ('COPY', KEY, KEY, 'REPLACE'),
]
