"""Argument generators, and how a template becomes a command.

A template is a tuple: words as they stand, and generators, functions of a random.Random that give
a str, bytes, an int, a float or a list of these (spliced in). A family is a list of templates;
one that stands there twice comes twice as often.
"""
import string

# Few keys, so that commands meet. Each kind is used for one type of value most of the time.
KEYS = {
    'string': ['s1', 's2', 's3', 's4', '{t}s5', '{t}s6'],
    'bits': ['b1', 'b2', 'b3'],
    'hll': ['h1', 'h2', 'h3', 'h4'],
    'stream': ['x1', 'x2', 'x3'],
    'set': ['set1', 'set2', 'set3', 'set4', 'set5'],
    'geo': ['g1', 'g2', 'g3'],
    'zset': ['z1', 'z2', 'z3', 'z4'],
    'list': ['l1', 'l2', 'l3', '{t}l4', 'l5'],
    'hash': ['a1', 'a2', '{t}a3'],
    'sort': ['so1', 'so2', 'so3', 'so4', 'so5', 'so6', 'so7', 'so8'],
    'other': ['o-list', 'o-set', 'o-hash', 'o-zset', 'o-stream'],
}
STRANGE_KEYS = ['', 'no such key', b'\x00\xff\r\n', 'x' * 300, '12345', '*']

INTEGERS = [0, 1, -1, 2, 3, 7, 10, 99, 100, 127, 128, 255, 256, -128, -129, 32767, 32768, 65535,
            9999, 10000, 2**31 - 1, 2**31, -2**31, 2**32, 2**53, 2**62, 2**63 - 1, 2**63, -2**63,
            -2**63 - 1, 2**64 - 1, 2**64]
NO_INTEGERS = ['', ' 1', '1 ', '+1', '-0', '00', '01', '1.0', '1e3', '0x10', 'abc', '-', '1_0',
               '99999999999999999999', b'1\x002', 'inf', 'nan']
FLOATS = ['0', '1', '-1', '0.1', '3.14', '-2.5', '1e3', '1e-7', '5.0e3', '1e308', '-1e308', '1e17',
          '123456789.123456789', '0.30000000000000004', '.5', '5.', '+1.5']
NO_FLOATS = ['', 'abc', 'nan', 'NaN', 'inf', '-inf', 'infinity', '1e400', ' 1', '1 ', '1.2.3', '0x1p3',
             b'1\x00']


def key(kind):
    def generate(r):
        chance = r.random()
        if chance < 0.90:
            return r.choice(KEYS[kind])
        if chance < 0.98:
            return r.choice(KEYS[r.choice(list(KEYS))])
        return r.choice(STRANGE_KEYS)
    return generate


def anyKey(r):
    return key(r.choice(list(KEYS)))(r)


def integer(r):
    chance = r.random()
    if chance < 0.5:
        return r.randint(-20, 120)
    return r.choice(INTEGERS if chance < 0.9 else NO_INTEGERS)


def between(low, high):
    """Mostly inside, at times just outside or no number at all."""
    def generate(r):
        chance = r.random()
        if chance < 0.90:
            return r.randint(low, high)
        return r.choice([low - 1, high + 1, *NO_INTEGERS, -2**63, 2**63 - 1])
    return generate


def double(r):
    chance = r.random()
    if chance < 0.4:
        return round(r.uniform(-100, 100), r.randint(0, 12))
    return r.choice(FLOATS if chance < 0.85 else NO_FLOATS)


def text(low, high):
    def generate(r):
        return ''.join(r.choices(string.ascii_lowercase + ' ', k=r.randint(low, high)))
    return generate


def binary(r):
    return r.randbytes(r.randint(1, 40))


def value(r):
    chance = r.random()
    if chance < 0.25:
        return integer(r)
    if chance < 0.35:
        return double(r)
    if chance < 0.75:
        return text(0, 30)(r)
    if chance < 0.85:
        # Around the length up to which a string is called embstr.
        return text(42, 47)(r)
    return binary(r) if chance < 0.95 else text(100, 600)(r)


# Deadlines are far off, because the two servers do not run at the same instant; or past.
# Relative ones are spread, so that no two meet by chance in one server and miss in the other.
def seconds(r):
    chance = r.random()
    if chance < 0.75:
        return r.randint(100, 10**8)
    return r.choice([0, -1, -100, 2**63 - 1, -2**63, 2**63, 9223372036854775, 9223372036854776,
                     -9223372036854776, *NO_INTEGERS])


def milliseconds(r):
    chance = r.random()
    if chance < 0.75:
        return r.randint(100000, 10**12)
    return r.choice([0, -1, -100, 2**63 - 1, -2**63, 2**63, 2**62, *NO_INTEGERS])


def unixSeconds(r):
    chance = r.random()
    if chance < 0.75:
        return r.choice([4102444800, 4102444801, 5000000000, 2**33, 10**11])
    return r.choice([0, 1, -1, 1000000000, 2**63 - 1, -2**63, 9223372036854775, 9223372036854776,
                     *NO_INTEGERS])


def unixMilliseconds(r):
    chance = r.random()
    if chance < 0.75:
        return r.choice([4102444800000, 4102444800001, 5000000000123, 2**43])
    return r.choice([0, 1, -1, 1000000000000, 2**63 - 1, -2**63, 2**63, *NO_INTEGERS])


def oneOf(*choices):
    """One of these; a tuple is a row of arguments, and members may be generators."""
    def generate(r):
        return make(r, r.choice(choices))
    return generate


def maybe(*what, chance=0.5):
    def generate(r):
        return make(r, what) if r.random() < chance else []
    return generate


def several(what, low, high):
    def generate(r):
        return [a for _ in range(r.randint(low, high)) for a in flat(make(r, what))]
    return generate


def shuffled(*what):
    """All of these in any order; with maybe() inside: options."""
    def generate(r):
        made = [flat(make(r, w)) for w in what]
        r.shuffle(made)
        return [a for m in made for a in m]
    return generate


def make(r, what):
    if callable(what):
        return what(r)
    if isinstance(what, (tuple, list)):
        return [a for w in what for a in flat(make(r, w))]
    return what


def flat(made):
    return made if isinstance(made, list) else [made]


def toBytes(argument):
    return argument if isinstance(argument, bytes) else str(argument).encode()


def disturb(r, command):
    """What a careless client would send: an argument missing, too many, or of the wrong kind."""
    command = list(command)
    kind = r.randrange(5)
    if kind == 0 and len(command) > 1:
        command.pop()
    elif kind == 1:
        command.append(toBytes(value(r)))
    elif kind == 2 and len(command) > 1:
        command[r.randrange(1, len(command))] = toBytes(r.choice(
            [integer, double, value, anyKey])(r))
    elif kind == 3 and len(command) > 2:
        a, b = r.randrange(1, len(command)), r.randrange(1, len(command))
        command[a], command[b] = command[b], command[a]
    else:
        at = r.randrange(len(command))
        command[at] = command[at].swapcase()
    return command


def commandOf(r, template):
    command = [toBytes(a) for a in make(r, template)]
    return disturb(r, command) if r.random() < 0.08 else command
