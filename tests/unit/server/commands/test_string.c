#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;

START_TEST(setStoresAndGetReplies) {
    f = fakeNew();
    CALL(f, "GET a", "$-1|");
    CALL(f, "SET a x", "+OK|");
    CALL(f, "GET a", "$1|x|");
    fakeFree(f);
}
END_TEST

START_TEST(setTellsItsEvent) {
    f = fakeNew();
    fakeRecordEvents(f, NOTIFY_STRING | NOTIFY_GENERIC | NOTIFY_NEW);
    CALL(f, "SET a x", "+OK|");
    ck_assert_str_eq(fakeEvents(f), "new:a set:a");
    CALL(f, "DEL a", ":1|");
    ck_assert_str_eq(fakeEvents(f), "del:a");
    ck_assert_str_eq(fakeEvents(f), "");
    fakeFree(f);
}
END_TEST

TESTS("commands/string", setStoresAndGetReplies, setTellsItsEvent)
