"""Scripts: what Lua values become, what commands of a script reply and raise, libraries for scripts,
the cache, functions. Nothing here iterates over a Lua table with several keys that are no list: the
order is each server's own."""
import json

from arguments import anyKey, integer, key, maybe, oneOf, several, text, value

KEY = key('string')

NUMBERS = ['0', '1', '-1', '1.5', '-2.75', '1e15', '1e100', '2^31', '-2^31', '2^53', '2^53 + 2', '255',
           '65536', '1/0', '-1/0', '0.125', '100', '3.75']
STRINGS = ["''", "'a'", "'hello world'", "'1'", "'1.5'", "'\\0\\255'", "'a\\r\\nb'", "'ERR x'",
           "'-FOO bar'", "string.rep('x', 300)", "'{\"a\":[1,2]}'", "'OK'"]
PLAIN = NUMBERS + STRINGS + ['true', 'false', 'nil']


def luaValue(r, depth=0):
    chance = r.random()
    if chance < 0.35 or depth > 3:
        return r.choice(NUMBERS)
    if chance < 0.6:
        return r.choice(STRINGS)
    if chance < 0.7:
        return r.choice(['true', 'false', 'nil'])
    if chance < 0.9:
        return '{' + ', '.join(luaValue(r, depth + 1) for _ in range(r.randint(0, 4))) + '}'
    return r.choice(["{ok = %s}", "{err = %s}", "{double = %s}", "{big_number = %s}",
                     "{map = {[%s] = 1}}", "{set = {[%s] = true}}",
                     "{verbatim_string = {format = 'txt', string = %s}}",
                     "{[%s] = 5}"]) % r.choice([n for n in PLAIN if n not in ('nil', '0/0')])


def quoted(r):
    return r.choice(STRINGS)


CALLS = ["redis.call('get', KEYS[1])", "redis.call('set', KEYS[1], ARGV[1])",
         "redis.call('incr', KEYS[1])", "redis.call('append', KEYS[1], ARGV[1])",
         "redis.call('strlen', KEYS[1])", "redis.call('del', KEYS[1])",
         "redis.call('lpush', KEYS[1], ARGV[1])", "redis.call('lrange', KEYS[1], 0, -1)",
         "redis.call('llen', KEYS[1])", "redis.call('hset', KEYS[1], 'f', ARGV[1])",
         "redis.call('hget', KEYS[1], 'f')", "redis.call('zadd', KEYS[1], 1.5, ARGV[1])",
         "redis.call('zrange', KEYS[1], 0, -1, 'withscores')",
         "redis.call('zscore', KEYS[1], ARGV[1])", "redis.call('type', KEYS[1])",
         "redis.call('exists', KEYS[1])", "redis.call('mget', KEYS[1], 'nothing')",
         "redis.call('ttl', KEYS[1])", "redis.call('expire', KEYS[1], 1000)",
         "redis.call('getrange', KEYS[1], 0, 3)", "redis.call('setrange', KEYS[1], 2, ARGV[1])",
         "redis.call('incrbyfloat', KEYS[1], 0.5)", "redis.call('echo', 1.5)",
         "redis.call('echo', 2^53)",
         "redis.call('nosuch')", "redis.call('get')", "redis.call('set', KEYS[1])",
         "redis.call('multi')", "redis.call('subscribe', 'x')", "redis.call('eval', 'return 1', 0)",
         "redis.call()", "redis.call({})", "redis.call('get', true)", "redis.call('select', 99)",
         "redis.call('object', 'encoding', 'nothing')", "redis.call('object', 'nosuch')",
         "redis.call('config', 'get', 'nothing')", "redis.call('ping', 1, 2, 3)"]


def call(r):
    made = r.choice(CALLS)
    return made.replace('redis.call', 'redis.pcall') if r.random() < 0.4 else made


def statement(r):
    """What leaves its value in v."""
    chance = r.random()
    if chance < 0.55:
        return f'local v = {call(r)}'
    if chance < 0.65:
        return f'local v = {{{call(r)}, {call(r)}}}'
    if chance < 0.75:
        return f'local ok, v = pcall(function() return {call(r)} end)'
    if chance < 0.85:
        return f'local v = {luaValue(r)}'
    return r.choice(["error(%s)", "error({err = %s})", "local v = redis.error_reply('x' .. %s)",
                     "local v = redis.status_reply(%s)", "local v = redis.sha1hex(%s)",
                     "local v = tostring(tonumber(%s))", "local ok, v = pcall(error, %s)",
                     "local v = type(%s)", "local v = #%s"]) % quoted(r) + ' '


def script(r):
    head = r.choice([''] * 12 + ['redis.setresp(3) ', '#!lua\n', '#!lua flags=no-writes\n',
                                '#!lua flags=allow-oom,allow-stale\n', '#!lua flags=x\n', '#!x\n'])
    tail = r.choice(['return v', 'return {v}', 'return type(v)', 'return v == false', 'return 1',
                     'return {v, 1, false, 2}', "return v and (v.err or v.ok) or 'nothing'",
                     'return v'])
    made = statement(r)
    if made.startswith('error'):
        return head + made
    return head + made + r.choice([' ', '\n']) + tail


def expression(r):
    """One that uses the libraries."""
    v, w = 'verbatim', ''
    while 'verbatim' in v + w:
        v, w = luaValue(r), luaValue(r)
    return 'local v = ' + r.choice([
        f'cjson.encode({v})', f'cjson.decode(cjson.encode({{{v}, {w}}}))',
        f'cmsgpack.pack({v}, {w})', f'{{cmsgpack.unpack(cmsgpack.pack({v}))}}',
        "cjson.decode(ARGV[1] or '')", 'cjson.encode(ARGV)', '{cmsgpack.unpack(ARGV[1])}',
        "{struct.unpack('>I2', ARGV[1])}", "{struct.unpack('<hb', ARGV[1])}",
        f"struct.pack('{r.choice(['>b', '<i2', '>I4', '<l', '>d', '<f', 's', 'c3', '!4bi', 'xxb', 'I33'])}', "
        f'{r.choice(PLAIN)})',
        f"struct.size('{r.choice(['b', '!8bd', 'c5i', 's', '>hhh', 'i33'])}')",
        f'bit.{r.choice(["band", "bor", "bxor", "lshift", "rshift", "arshift", "rol", "ror"])}('
        f'{r.choice([n for n in NUMBERS if "/" not in n and "e" not in n])}, {r.randint(0, 40)})',
        f'bit.tohex({r.randint(-2**31, 2**31)}, {r.randint(-9, 9)})',
        f'bit.{r.choice(["tobit", "bnot", "bswap"])}({r.randint(-2**33, 2**33)})',
        f'string.format("%5.2f|%d|%s", {r.randint(-99, 99)}, {r.randint(0, 99)}, "x")',
        f'{{string.find({quoted(r)}, "l+")}}', f'string.upper({quoted(r)})',
        f'table.concat({{1, 2, 3}}, {quoted(r)})', f'{{unpack({{1, 2, 3}}, {r.randint(1, 3)})}}',
        f'{{math.floor({r.choice(NUMBERS[:8])}), math.max(1, {r.randint(-5, 5)})}}',
        f'{{tonumber({quoted(r)}), tonumber("ff", 16)}}', 'loadstring("return 1 + 1")()',
        '#KEYS * 100 + #ARGV', 'redis.REPL_ALL', 'pcall(error)', 'select("#", 1, nil, 2)']) + ' return v'


def jsonText(r):
    def made(depth):
        chance = r.random()
        if chance < 0.3 or depth > 3:
            return r.choice([0, 1, -1, 1.5, 1e100, 12345678901, True, False, None, '', 'a"\\\n', 'é€'])
        if chance < 0.7:
            return [made(depth + 1) for _ in range(r.randint(0, 3))]
        return {r.choice('abc'): made(depth + 1)}
    good = json.dumps(made(0), ensure_ascii=r.random() < 0.5)
    if r.random() < 0.3:  # Broken somewhere.
        at = r.randint(0, len(good))
        good = good[:at] + r.choice(['', ',', ']', '}', '"', 'x', '\\u12', '1']) + good[at + 1:]
    return good


def library(r):
    name = r.choice(['one', 'two', 'three'])
    functions = ' '.join(
        r.choice([f"redis.register_function('{f}', function(keys, args) return {{#keys, args[1]}} end)",
                  f"redis.register_function{{function_name='{f}', callback=function(keys, args) "
                  "return redis.call('set', keys[1] or 's1', 'x') end, flags={'no-writes'}}",
                  f"redis.register_function('{f}', function(keys) return redis.call('incr', keys[1]) end)",
                  f"redis.register_function('{f}')", 'error("x")', 'local x = math.pi', ''])
        for f in r.sample(['f1', 'f2', 'f3', 'f4'], k=r.randint(1, 2)))
    return r.choice([f'#!lua name={name}\n'] * 8 + ['#!lua\n', '', '#!x name=y\n', '#!lua name=a-b\n',
                                                    '#!lua name=x y=z\n', '#!lua name=x']) + functions


DIGESTS = ['e0e1f9fabfc9d4800c877a703b823ac0578ff8db', 'E0E1F9FABFC9D4800C877A703B823AC0578FF8DB',
           'a27e7e8a43702b7046d4f6a7ccf5b60cef6b9bd9', 'nosuch', '']
FUNCTION = oneOf('f1', 'f2', 'f3', 'F4', 'nosuch')

TEMPLATES = [
    *[('EVAL', script, 1, anyKey, value)] * 25,
    *[('EVAL_RO', script, 1, anyKey, value)] * 6,
    *[('EVAL', script, 1, KEY, value)] * 20,
    *[('EVAL', expression, 1, KEY, value)] * 20,
    *[('EVAL', "return cjson.encode(cjson.decode(ARGV[1] or ''))", 0, jsonText)] * 4,
    *[('EVAL', "return cjson.decode(ARGV[1] or '')", 0, jsonText)] * 4,
    ('EVAL', 'return {KEYS, ARGV}', oneOf(0, 1, 2, 3, -1, 'x', integer), several(value, 0, 4)),
    ('EVAL', oneOf('return x', 'x = 1', 'return return', 'redis.x = 1', 'string.x = 1', '_G = 1',
                   "rawset(redis, 'x', 1) return 1", 'return {}', ''), 0),
    *[('EVALSHA', oneOf(*DIGESTS), 0)] * 2,
    ('EVALSHA_RO', oneOf(*DIGESTS), 0, value),
    *[('SCRIPT', 'LOAD', oneOf('return 1', 'return 1+1', 'bad code', script))] * 2,
    ('SCRIPT', 'EXISTS', several(oneOf(*DIGESTS), 1, 3)),
    ('SCRIPT', 'FLUSH', maybe(oneOf('SYNC', 'ASYNC', 'x'))),
    ('SCRIPT', oneOf('KILL', 'nosuch')),
    *[('FUNCTION', 'LOAD', maybe('REPLACE'), library)] * 5,
    *[('FCALL', FUNCTION, 1, KEY, value)] * 5,
    ('FCALL', FUNCTION, oneOf(0, 2, -1, 'x'), several(KEY, 0, 2)),
    ('FCALL_RO', FUNCTION, 1, KEY),
    ('FUNCTION', 'DELETE', oneOf('one', 'two', 'nosuch')),
    ('FUNCTION', 'FLUSH', maybe(oneOf('SYNC', 'ASYNC', 'x'))),
    ('FUNCTION', 'STATS'),
    ('FUNCTION', oneOf('KILL', 'nosuch', ('LIST', 'x'), ('LIST', 'LIBRARYNAME'), ('LOAD', 'x', 'y'))),
    ('FUNCTION', 'RESTORE', value, maybe(oneOf('FLUSH', 'x'))),
    ('MULTI',),
    ('EXEC',),
    ('WATCH', KEY),
    ('SET', KEY, value),
    ('GET', KEY),
    ('DEL', several(anyKey, 1, 3)),
]
