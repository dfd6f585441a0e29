/* Keyspace notifications as subscribers get them: the forms that name fields. */
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;
static client *listener;

static void begin(void) {
    f = fakeNew();
    listener = fakeClient(f);
    fakeCallAs(f, listener, "PSUBSCRIBE __*");
}

static void end(void) {
    fakeFree(f);
}

static void classes(const char *letters) {
    fakeCallFormat(f, "CONFIG SET notify-keyspace-events %s", letters);
}

/* Reads "$<size>\r\n<text>\r\n" at '*at'. */
static bytes takeBulk(const char **at) {
    char *text;
    long size = strtol(*at + 1, &text, 10);
    *at = text + 2 + size + 2;
    return bytesOf(text + 2, (size_t)size);
}

/* Runs a command; the listener must have got exactly these messages, "channel > text", one behind
 * the other with " & " between. */
static void expectMessages(const char *line, const char *wanted) {
    fakeTake(f, listener, NULL);
    fakeCall(f, line);
    size_t size, used = 0;
    const char *at = fakeTake(f, listener, &size), *stop = at + size;
    char got[1024] = "";
    while (at < stop) {
        ck_assert(!strncmp(at, "*4\r\n", 4));
        at += 4;
        takeBulk(&at);
        takeBulk(&at);
        bytes channel = takeBulk(&at), text = takeBulk(&at);
        used += (size_t)snprintf(got + used, sizeof got - used, "%s%.*s > %.*s", used ? " & " : "",
                                 (int)channel.size, channel.data, (int)text.size, text.data);
    }
    ck_assert_str_eq(got, wanted);
}

START_TEST(tellsOfFieldsInFourForms) {
    classes("Sh");
    expectMessages("HSET h a 1 bc 2", "__subkeyspace@0__:h > hset|1:a,2:bc");
    classes("Th");
    expectMessages("HSET h a 1", "__subkeyevent@0__:hset > 1:h|1:a");
    classes("Ih");
    expectMessages("HDEL h a bc none",
                   "__subkeyspaceitem@0__:h\na > hdel & __subkeyspaceitem@0__:h\nbc > hdel");
    classes("Vh");
    expectMessages("HSETNX h , x", "__subkeyspaceevent@0__:hset|h > 1:,");
}
END_TEST

START_TEST(formsAreIndependentAndNeedTheirClass) {
    classes("STIV");
    expectMessages("HSET h a 1", "");
    classes("Sg$");
    expectMessages("HSET h a 1", "");
    classes("KSTIVA");
    expectMessages("HINCRBY h a 1",
                   "__keyspace@0__:h > hincrby & __subkeyspace@0__:h > hincrby|1:a & "
                   "__subkeyevent@0__:hincrby > 1:h|1:a & __subkeyspaceitem@0__:h\na > hincrby & "
                   "__subkeyspaceevent@0__:hincrby|h > 1:a");
    expectMessages("SET s 1", "__keyspace@0__:s > set");
}
END_TEST

START_TEST(everyHashCommandNamesItsFields) {
    classes("Sh");
    expectMessages("HMSET h a 1 b 2 c 3 d 4 e 5", "__subkeyspace@0__:h > hset|1:a,1:b,1:c,1:d,1:e");
    expectMessages("HSETNX h a 1", "");
    expectMessages("HINCRBYFLOAT h a 0.5", "__subkeyspace@0__:h > hincrbyfloat|1:a");
    expectMessages("HEXPIRE h 100 FIELDS 3 a none b", "__subkeyspace@0__:h > hexpire|1:a,1:b");
    expectMessages("HPERSIST h FIELDS 2 c b", "__subkeyspace@0__:h > hpersist|1:b");
    expectMessages("HEXPIRE h 0 FIELDS 1 b", "__subkeyspace@0__:h > hdel|1:b");
    expectMessages("HGETEX h EX 10 FIELDS 1 c", "__subkeyspace@0__:h > hexpire|1:c");
    expectMessages("HGETEX h PERSIST FIELDS 2 c d", "__subkeyspace@0__:h > hpersist|1:c");
    expectMessages("HGETDEL h FIELDS 2 c none", "__subkeyspace@0__:h > hdel|1:c");
    expectMessages("HSETEX h EX 10 FIELDS 2 x 1 y 2",
                   "__subkeyspace@0__:h > hset|1:x,1:y & __subkeyspace@0__:h > hexpire|1:x,1:y");
    expectMessages("HSETEX h EXAT 1 FIELDS 1 x 1",
                   "__subkeyspace@0__:h > hset|1:x & __subkeyspace@0__:h > hdel|1:x");
    fakeCall(f, "HIMPORT PREPARE set p q");
    expectMessages("HIMPORT SET i set 1 2", "__subkeyspace@0__:i > hset|1:p,1:q");
}
END_TEST

START_TEST(fieldsThatExpireAreToldTogether) {
    classes("Sh");
    fakeCall(f, "HSET h a 1 b 2 c 3");
    fakeCall(f, "HPEXPIRE h 10 FIELDS 2 a b");
    fakeTake(f, listener, NULL);
    fakeAdvanceMs(f, 20);
    expectMessages("HMGET h a b c", "__subkeyspace@0__:h > hexpired|1:a,1:b");
    expectMessages("HSET h a 1", "__subkeyspace@0__:h > hset|1:a");
}
END_TEST

START_TEST(keysThatWouldBeAmbiguousAreLeftOut) {
    classes("Ih");
    expectMessages("HSET \"a\\x0ab\" f 1", "");
    classes("Sh");
    expectMessages("HSET \"a\\x0ab\" f 1", "__subkeyspace@0__:a\nb > hset|1:f");
}
END_TEST

START_TEST(longNamesComeWhole) {
    char field[600], line[700], wanted[1300];
    memset(field, 'x', sizeof field - 1);
    field[sizeof field - 1] = '\0';
    classes("Sh");
    snprintf(line, sizeof line, "HSET h %s 1", field);
    snprintf(wanted, sizeof wanted, "__subkeyspace@0__:h > hset|599:%s", field);
    expectMessages(line, wanted);
}
END_TEST

TESTS_BETWEEN("notify", begin, end, tellsOfFieldsInFourForms, formsAreIndependentAndNeedTheirClass,
              everyHashCommandNamesItsFields, fieldsThatExpireAreToldTogether,
              keysThatWouldBeAmbiguousAreLeftOut, longNamesComeWhole)
