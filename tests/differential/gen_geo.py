"""Places: sorted sets whose scores are geohashes."""
from arguments import anyKey, between, double, key, maybe, oneOf, several, shuffled, value

KEY = key('geo')


def longitude(r):
    chance = r.random()
    if chance < 0.6:
        return round(r.uniform(10, 16), r.randint(1, 10))
    if chance < 0.94:
        return r.uniform(-180, 180)
    return r.choice([-180, 180, 0, 180.1, -181, 'inf', 'nan', 'x', '', '1e400'])


def latitude(r):
    chance = r.random()
    if chance < 0.6:
        return round(r.uniform(36, 40), r.randint(1, 10))
    if chance < 0.94:
        return r.uniform(-85, 85)
    return r.choice([-85.05112878, 85.05112878, 0, 86, -90, 'inf', 'nan', 'x', ''])


def radius(r):
    chance = r.random()
    if chance < 0.9:
        return round(10 ** r.uniform(-1, 4.5), r.randint(0, 5))
    return r.choice([0, -1, 'x', 'nan', 'inf', 1e300, '0.0'])


MEMBER = oneOf('Palermo', 'Catania', 'Roma', 'Oslo', 'Lima', '17', '-3', 'm1', 'm2', 'm3', 'm4', value)
UNIT = oneOf('m', 'km', 'km', 'km', 'mi', 'ft', 'KM', 'FT', 'yd')
PLACE = (longitude, latitude, MEMBER)
COUNT = ('COUNT', between(1, 8), maybe('ANY', chance=0.3))
ORDER = oneOf('ASC', 'DESC')
OPTIONS = shuffled(maybe('WITHCOORD', chance=0.3), maybe('WITHDIST', chance=0.3),
                   maybe('WITHHASH', chance=0.3), maybe(COUNT, chance=0.3), maybe(ORDER),
                   maybe(oneOf('ANY', 'nosuch', ('STORE', KEY), 'STOREDIST'), chance=0.05))
STORING = shuffled(maybe(COUNT, chance=0.3), maybe(ORDER),
                   oneOf(('STORE', KEY), ('STOREDIST', KEY)))
CENTER = oneOf(('FROMMEMBER', MEMBER), ('FROMLONLAT', longitude, latitude),
               ('FROMLONLAT', longitude, latitude))
SHAPE = oneOf(('BYRADIUS', radius, UNIT), ('BYBOX', radius, radius, UNIT))
ASKED = shuffled(CENTER, SHAPE, OPTIONS)

TEMPLATES = [
    ('GEOADD', KEY, maybe(oneOf('NX', 'XX', 'CH', ('CH', 'NX'), ('NX', 'XX')), chance=0.3),
     several(PLACE, 1, 4)),
    ('GEOADD', KEY, several(PLACE, 1, 6)),
    ('GEOADD', KEY, several(PLACE, 1, 20)),
    ('GEODIST', KEY, MEMBER, MEMBER, maybe(UNIT)),
    ('GEOPOS', KEY, several(MEMBER, 0, 4)),
    ('GEOHASH', KEY, several(MEMBER, 0, 4)),
    ('GEORADIUS', KEY, longitude, latitude, radius, UNIT, OPTIONS),
    ('GEORADIUS', KEY, longitude, latitude, radius, UNIT, STORING),
    ('GEORADIUS_RO', KEY, longitude, latitude, radius, UNIT, OPTIONS),
    ('GEORADIUSBYMEMBER', KEY, MEMBER, radius, UNIT, OPTIONS),
    ('GEORADIUSBYMEMBER', KEY, MEMBER, radius, UNIT, STORING),
    ('GEORADIUSBYMEMBER_RO', KEY, MEMBER, radius, UNIT, OPTIONS),
    ('GEOSEARCH', KEY, ASKED),
    ('GEOSEARCH', KEY, ASKED),
    ('GEOSEARCH', KEY, CENTER, SHAPE, CENTER),
    ('GEOSEARCH', KEY, CENTER, SHAPE, SHAPE),
    ('GEOSEARCH', KEY, several(oneOf(CENTER, SHAPE, OPTIONS), 0, 4)),
    ('GEOSEARCH', anyKey, CENTER, SHAPE),
    ('GEOSEARCHSTORE', KEY, KEY, CENTER, SHAPE, maybe(COUNT), maybe(ORDER), maybe('STOREDIST')),
    ('GEOSEARCHSTORE', KEY, KEY, ASKED),
    ('ZADD', KEY, oneOf(double, 4503599627370496, 3378080408407459), MEMBER),
    ('ZRANGE', KEY, 0, -1, 'WITHSCORES'),
    ('ZREM', KEY, MEMBER),
    ('OBJECT', 'ENCODING', KEY),
    ('SET', oneOf(KEY, KEY, 'g-string'), value),
    ('DEL', KEY),
]
