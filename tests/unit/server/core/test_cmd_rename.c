#include "server/core/command.h"
#include "tests/support/suite.h"

static void nothing(client *c) {
    (void)c;
}

static const commandSpec rows[] = {
    {.name = "get", .arity = 2, .run = nothing}, {.name = "set", .arity = 3, .run = nothing}, {0}};

START_TEST(renamedCommandIsFoundByItsNewNameOnly) {
    commandTable *t = commandTableNew();
    const char *reason;
    bytes name = BYTES("a-name-that-is-longer-than-any-command");
    commandTableAdd(t, rows);
    command *get = commandFind(t, BYTES("get"));
    ck_assert(commandRename(t, BYTES("GET"), name, &reason));
    ck_assert_ptr_null(commandFind(t, BYTES("get")));
    ck_assert_ptr_eq(commandFind(t, name), get);
    ck_assert(commandRename(t, name, BYTES("fetch"), &reason));
    ck_assert_ptr_null(commandFind(t, name));
    ck_assert_ptr_eq(commandFind(t, BYTES("Fetch")), get);
    ck_assert(commandRename(t, BYTES("fetch"), BYTES(""), &reason));
    ck_assert_ptr_null(commandFind(t, BYTES("fetch")));
    ck_assert_ptr_nonnull(commandFind(t, BYTES("set")));
    commandTableFree(t);
}
END_TEST

START_TEST(unknownAndTakenNamesAreRefused) {
    commandTable *t = commandTableNew();
    const char *reason;
    commandTableAdd(t, rows);
    ck_assert(!commandRename(t, BYTES("nope"), BYTES("x"), &reason));
    ck_assert_str_eq(reason, "No such command in rename-command");
    ck_assert(!commandRename(t, BYTES("get"), BYTES("SET"), &reason));
    ck_assert_str_eq(reason, "Target command name already exists");
    ck_assert_ptr_nonnull(commandFind(t, BYTES("get")));
    commandTableFree(t);
}
END_TEST

TESTS("command names", renamedCommandIsFoundByItsNewNameOnly, unknownAndTakenNamesAreRefused)
