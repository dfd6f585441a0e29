#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;

static void setup(void) {
    f = fakeNew();
    CALL(f, "GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania", ":2|");
}
static void done(void) {
    fakeFree(f);
}

#define SYNTAX    "-ERR syntax error|"
#define WRONGTYPE "-WRONGTYPE Operation against a key holding the wrong kind of value|"

START_TEST(geoaddObeysItsConditions) {
    setup();
    CALL(f, "GEOADD Sicily NX 1 1 Palermo 2 2 Trapani", ":1|");
    CALL(f, "GEOADD Sicily XX CH 12.5 38 Trapani 1 1 Nowhere", ":1|");
    CALL(f, "GEOADD Sicily CH 12.5 38 Trapani", ":0|");
    CALL(f, "ZCARD Sicily", ":3|");
    CALL(f, "GEOADD none XX 1 1 a", ":0|");
    CALL(f, "EXISTS none", ":0|");
    CALL(f, "GEOADD Sicily NX XX 1 1 a", SYNTAX);
    CALL(f, "GEOADD Sicily 1 1 a 2", SYNTAX);
    CALL(f, "GEOADD none 1 1 a 181 1 b",
         "-ERR invalid longitude,latitude pair 181.000000,1.000000|");
    CALL(f, "GEOADD none 1 x a", "-ERR value is not a valid float|");
    CALL(f, "EXISTS none", ":0|");
    CALL(f, "SET s x", "+OK|");
    CALL(f, "GEOADD s 1 1 a", WRONGTYPE);
    done();
}
END_TEST

START_TEST(placesAreReadInAllForms) {
    setup();
    CALL(f, "GEODIST Sicily Palermo Catania", "$11|166274.1516|");
    CALL(f, "GEODIST Sicily Palermo Catania km", "$8|166.2742|");
    CALL(f, "GEODIST Sicily Palermo none", "$-1|");
    CALL(f, "GEODIST none Palermo Catania", "$-1|");
    CALL(f, "GEODIST Sicily Palermo Catania yd",
         "-ERR unsupported unit provided. please use M, KM, FT, MI|");
    CALL(f, "GEODIST Sicily Palermo Catania m x", SYNTAX);
    CALL(f, "GEOHASH Sicily Palermo none Catania", "*3|$11|sqc8b49rny0|$-1|$11|sqdtr74hyu0|");
    CALL(f, "GEOPOS Sicily Palermo none",
         "*2|*2|$20|13.36138933897018433|$20|38.11555639549629859|*-1|");
    CALL(f, "GEOPOS none a", "*1|*-1|");
    fakeCall(f, "HELLO 3");
    CALL(f, "GEOPOS Sicily Palermo none", "*2|*2|,13.36138933897018433|,38.11555639549629859|_|");
    done();
}
END_TEST

START_TEST(searchesFindWhatIsInside) {
    setup();
    CALL(f, "GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS 200 km ASC", "*2|$7|Catania|$7|Palermo|");
    CALL(f, "GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS 200 km DESC COUNT 1", "*1|$7|Palermo|");
    CALL(f, "GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS 200 km COUNT 1", "*1|$7|Catania|");
    CALL(f, "GEOSEARCH Sicily FROMLONLAT 15 37 BYBOX 400 200 km", "*1|$7|Catania|");
    CALL(f, "GEOSEARCH Sicily FROMMEMBER Palermo BYRADIUS 1 m WITHDIST WITHHASH",
         "*1|*3|$7|Palermo|$6|0.0000|:3479099956230698|");
    CALL(f, "GEORADIUS Sicily 15 37 200 km WITHDIST ASC",
         "*2|*2|$7|Catania|$7|56.4413|*2|$7|Palermo|$8|190.4424|");
    CALL(f, "GEORADIUSBYMEMBER Sicily Palermo 100 km", "*1|$7|Palermo|");
    CALL(f, "GEORADIUSBYMEMBER_RO Sicily Palermo 100 mi WITHCOORD",
         "*1|*2|$7|Palermo|*2|$20|13.36138933897018433|$20|38.11555639549629859|");
    CALL(f, "GEORADIUS_RO none 15 37 200 km", "*0|");
    CALL(f, "GEOSEARCH none FROMMEMBER x BYRADIUS 200 km", "*0|");
    done();
}
END_TEST

START_TEST(searchesSayWhatIsWrong) {
    setup();
    CALL(f, "GEOSEARCH Sicily FROMMEMBER none BYRADIUS 1 km",
         "-ERR could not decode requested zset member|");
    CALL(f, "GEOSEARCH Sicily BYRADIUS 1 km ASC WITHDIST",
         "-ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCH|");
    CALL(f, "geosearch Sicily FROMLONLAT 1 2 ASC WITHDIST",
         "-ERR exactly one of BYRADIUS and BYBOX can be specified for geosearch|");
    CALL(f, "GEOSEARCH Sicily FROMLONLAT 1 2 FROMMEMBER x BYRADIUS 1 km", SYNTAX);
    CALL(f, "GEOSEARCH Sicily FROMLONLAT 1 2 BYRADIUS 1 km BYBOX 1 1 km", SYNTAX);
    CALL(f, "GEOSEARCH Sicily FROMLONLAT 1 2 BYRADIUS 1 km STOREDIST", SYNTAX);
    CALL(f, "GEOSEARCH Sicily FROMLONLAT 1 2 BYRADIUS -1 km", "-ERR radius cannot be negative|");
    CALL(f, "GEOSEARCH Sicily FROMLONLAT 1 2 BYRADIUS x km", "-ERR need numeric radius|");
    CALL(f, "GEOSEARCH Sicily FROMLONLAT 1 2 BYBOX 1 x km", "-ERR need numeric height|");
    CALL(f, "GEOSEARCH Sicily FROMLONLAT 1 2 BYBOX -1 1 km",
         "-ERR height or width cannot be negative|");
    CALL(f, "GEOSEARCH Sicily FROMLONLAT 1 2 BYRADIUS 1 km COUNT 0", "-ERR COUNT must be > 0|");
    CALL(f, "GEOSEARCH Sicily FROMLONLAT 1 2 BYRADIUS 1 km ANY",
         "-ERR the ANY argument requires COUNT argument|");
    CALL(f, "GEORADIUS Sicily 1 2 1 km WITHDIST STORE x",
         "-ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD "
         "options|");
    CALL(f, "GEOSEARCHSTORE x Sicily FROMLONLAT 1 2 BYRADIUS 1 km WITHDIST",
         "-ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options|");
    CALL(f, "GEORADIUS_RO Sicily 1 2 1 km STORE x", SYNTAX);
    CALL(f, "SET s x", "+OK|");
    CALL(f, "GEOSEARCH s nonsense 1 2 3 4 5", WRONGTYPE);
    done();
}
END_TEST

START_TEST(outcomesAreStored) {
    setup();
    fakeRecordEvents(f, NOTIFY_ALL);
    CALL(f, "GEOSEARCHSTORE d Sicily FROMLONLAT 15 37 BYRADIUS 200 km", ":2|");
    CALL(f, "ZSCORE d Palermo", "$16|3479099956230698|");
    ck_assert_str_eq(fakeEvents(f), "geosearchstore:d");
    CALL(f, "SET d x", "+OK|");
    CALL(f, "GEORADIUS Sicily 15 37 100 km STOREDIST d", ":1|");
    ck_assert_str_eq(fakeEvents(f), "set:d georadiusstore:d");
    ck_assert_ptr_nonnull(strstr(fakeCall(f, "ZSCORE d Catania"), "\r\n56.4412578701582"));
    CALL(f, "GEORADIUS Sicily 0 0 1 km STORE d", ":0|");
    ck_assert_str_eq(fakeEvents(f), "del:d");
    CALL(f, "GEOSEARCHSTORE d none FROMMEMBER x BYRADIUS 200 km", ":0|");
    ck_assert_str_eq(fakeEvents(f), "");
    CALL(f, "GEORADIUS Sicily 15 37 500 km STORE Sicily COUNT 1", ":1|");
    CALL(f, "ZRANGE Sicily 0 -1", "*1|$7|Catania|");
    done();
}
END_TEST

START_TEST(keysOfTheOldCommandsAreFound) {
    setup();
    CALL(f, "COMMAND GETKEYS GEORADIUS a 1 2 3 m STORE b", "*2|$1|a|$1|b|");
    CALL(f, "COMMAND GETKEYS GEORADIUS a 1 2 3 m STORE b STOREDIST c", "*2|$1|a|$1|c|");
    CALL(f, "COMMAND GETKEYS GEORADIUSBYMEMBER a m 3 m STOREDIST c", "*2|$1|a|$1|c|");
    CALL(f, "COMMAND GETKEYS GEOSEARCHSTORE a b FROMLONLAT 1 2 BYRADIUS 1 m", "*2|$1|a|$1|b|");
    done();
}
END_TEST

TESTS("geo", geoaddObeysItsConditions, placesAreReadInAllForms, searchesFindWhatIsInside,
      searchesSayWhatIsWrong, outcomesAreStored, keysOfTheOldCommandsAreFound)
