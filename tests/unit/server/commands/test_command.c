/* COMMAND and its sub-commands. Replies marked "recorded" are those of redis-server 7.0.15. */
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;

static void begin(void) {
    f = fakeNew();
}

static void end(void) {
    fakeFree(f);
}

#define GET_INFO                                                                                   \
    "*10|$3|get|:2|*2|+readonly|+fast|:1|:1|:1|*3|+@read|+@string|+@fast|*0|*1|*6|$5|flags|*2|+RO" \
    "|+access|$12|begin_search|*4|$4|type|$5|index|$4|spec|*2|$5|index|:1|$9|find_keys|*4|$4|type" \
    "|$5|range|$4|spec|*6|$7|lastkey|:0|$7|keystep|:1|$5|limit|:0|*0|"

START_TEST(infoIsAsRecorded) {
    begin();
    CALL(f, "COMMAND INFO get", "*1|" GET_INFO);
    CALL(f, "COMMAND INFO nosuch GET get|x", "*3|$-1|" GET_INFO "$-1|");
    CALL(f, "COMMAND INFO CONFIG|GET",
         "*1|*10|$10|config|get|:-3|*4|+admin|+noscript|+loading|+stale|:0|:0|:0|*3|+@admin|+@slow|"
         "+@dangerous|*0|*0|*0|");
    end();
}
END_TEST

START_TEST(infoInResp3HasSetsAndMapsAsRecorded) {
    begin();
    f->client->resp = 3;
    CALL(f, "COMMAND INFO nosuch", "*1|_|");
    CALL(f, "COMMAND INFO mset",
         "*1|*10|$4|mset|:-3|~2|+write|+denyoom|:1|:-1|:2|~3|+@write|+@string|+@slow|~2|$26|"
         "request_policy:multi_shard|$29|response_policy:all_succeeded|~1|%3|$5|flags|~2|+OW|"
         "+update|$12|begin_search|%2|$4|type|$5|index|$4|spec|%1|$5|index|:1|$9|find_keys|%2|$4|"
         "type|$5|range|$4|spec|%3|$7|lastkey|:-1|$7|keystep|:2|$5|limit|:0|~0|");
    CALL(f, "COMMAND INFO bitop",
         "*1|*10|$5|bitop|:-4|~2|+write|+denyoom|:2|:-1|:1|~3|+@write|+@bitmap|+@slow|~0|~2|%3|$5|"
         "flags|~2|+OW|+update|$12|begin_search|%2|$4|type|$5|index|$4|spec|%1|$5|index|:2|$9|"
         "find_keys|%2|$4|type|$5|range|$4|spec|%3|$7|lastkey|:0|$7|keystep|:1|$5|limit|:0|%3|$5|"
         "flags|~2|+RO|+access|$12|begin_search|%2|$4|type|$5|index|$4|spec|%1|$5|index|:3|$9|"
         "find_keys|%2|$4|type|$5|range|$4|spec|%3|$7|lastkey|:-1|$7|keystep|:1|$5|limit|:0|~0|");
    end();
}
END_TEST

START_TEST(infoOfAContainerHoldsItsSubcommands) {
    begin();
    const char *reply = fakeCall(f, "COMMAND INFO pubsub");
    ck_assert_ptr_eq(strstr(reply, "*1\r\n*10\r\n$6\r\npubsub\r\n:-2\r\n*0\r\n:0\r\n:0\r\n:0\r\n"
                                   "*1\r\n+@slow\r\n*0\r\n*0\r\n*6\r\n*10\r\n"),
                     reply);
    ck_assert_ptr_nonnull(strstr(reply, "*10\r\n$13\r\npubsub|numpat\r\n:2\r\n"));
    end();
}
END_TEST

/* How many elements the reply says it has. */
static size_t countAggregate(const char *reply) {
    ck_assert(reply[0] == '*' || reply[0] == '%');
    return (size_t)strtoul(reply + 1, NULL, 10);
}

START_TEST(commandAndInfoWithoutNamesTellOfAll) {
    begin();
    size_t count = (size_t)commandCount(f->server->commands);
    ck_assert_uint_gt(count, 50);
    char *all = strdup(fakeCall(f, "COMMAND"));
    ck_assert_uint_eq(countAggregate(all), count);
    ck_assert_str_eq(fakeCall(f, "COMMAND INFO"), all);
    free(all);
    ck_assert_uint_eq((size_t)strtoul(fakeCall(f, "COMMAND COUNT") + 1, NULL, 10), count);
    CALL(f, "COMMAND COUNT x", "-ERR wrong number of arguments for 'command|count' command|");
    CALL(f, "COMMAND nosuch", "-ERR unknown subcommand 'nosuch'. Try COMMAND HELP.|");
    end();
}
END_TEST

START_TEST(listFilters) {
    begin();
    CALL(f, "COMMAND LIST FILTERBY PATTERN PUBSUB|N*", "*2|$13|pubsub|numpat|$13|pubsub|numsub|");
    CALL(f, "COMMAND LIST FilterBy aclcat hyperLOGLOG",
         "*5|$5|pfadd|$7|pfcount|$7|pfmerge|$7|pfdebug|$10|pfselftest|");
    CALL(f, "COMMAND LIST FILTERBY ACLCAT @bitmap", "*0|");
    CALL(f, "COMMAND LIST FILTERBY MODULE json", "*0|");
    CALL(f, "COMMAND LIST FILTERBY PATTERN", "-ERR syntax error|");
    CALL(f, "COMMAND LIST FILTERBY nosuch x", "-ERR syntax error|");
    CALL(f, "COMMAND LIST FILTERBY PATTERN a b", "-ERR syntax error|");
    CALL(f, "COMMAND LIST x", "-ERR syntax error|");
    end();
}
END_TEST

static void countOne(void *ctx, command *cmd) {
    (void)cmd;
    ++*(size_t *)ctx;
}

START_TEST(listHoldsSubcommandsToo) {
    begin();
    size_t count = 0;
    commandEach(f->server->commands, countOne, &count);
    const char *reply = fakeCall(f, "COMMAND LIST");
    ck_assert_uint_eq(countAggregate(reply), count);
    ck_assert_ptr_nonnull(strstr(reply, "\r\n$12\r\ncommand|list\r\n"));
    end();
}
END_TEST

START_TEST(getKeysFindsKeysAsRecorded) {
    begin();
    CALL(f, "COMMAND GETKEYS get a", "*1|$1|a|");
    CALL(f, "COMMAND GETKEYS MSET a b c d", "*2|$1|a|$1|c|");
    CALL(f, "COMMAND GETKEYS mset a b c", "*2|$1|a|$1|c|");
    CALL(f, "COMMAND GETKEYS bitop not a b", "*2|$1|a|$1|b|");
    CALL(f, "COMMAND GETKEYS nosuch x", "-ERR Invalid command specified|");
    CALL(f, "COMMAND GETKEYS config x", "-ERR Invalid command specified|");
    CALL(f, "COMMAND GETKEYS ping x", "-ERR The command has no key arguments|");
    CALL(f, "COMMAND GETKEYS config get x", "-ERR The command has no key arguments|");
    CALL(f, "COMMAND GETKEYS subscribe a", "-ERR The command has no key arguments|");
    CALL(f, "COMMAND GETKEYS spublish a b", "-ERR The command has no key arguments|");
    CALL(f, "COMMAND GETKEYS get x y", "-ERR Invalid number of arguments specified for command|");
    CALL(f, "COMMAND GETKEYS", "-ERR wrong number of arguments for 'command|getkeys' command|");
    end();
}
END_TEST

START_TEST(getKeysCountsKeysByTheirNumber) {
    begin();
    CALL(f, "COMMAND GETKEYS msetex 2 a 1 b 2 EX 10", "*2|$1|a|$1|b|");
    CALL(f, "COMMAND GETKEYSANDFLAGS msetex 1 a 1", "*1|*2|$1|a|*2|+OW|+update|");
    const char *const wrong[] = {"0 a 1", "3 a 1", "-1 a 1", "x a 1", "99999999999 a 1"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_str_eq(fakeCallFormat(f, "COMMAND GETKEYS msetex %s", wrong[i]),
                         "-ERR Invalid arguments specified for command\r\n");
    end();
}
END_TEST

#define FLAGS_OF(line, wanted) CALL(f, "COMMAND GETKEYSANDFLAGS " line, wanted)

START_TEST(getKeysAndFlagsFollowsTheWordsAsRecorded) {
    begin();
    FLAGS_OF("set a b", "*1|*2|$1|a|*2|+OW|+update|");
    FLAGS_OF("set a b GET", "*1|*2|$1|a|*3|+RW|+access|+update|");
    FLAGS_OF("set a b nx foo get", "*1|*2|$1|a|*3|+RW|+access|+update|");
    FLAGS_OF("set a", "-ERR Invalid number of arguments specified for command|");
    FLAGS_OF("bitfield k", "*1|*2|$1|k|*2|+RO|+access|");
    FLAGS_OF("bitfield k get u8 0", "*1|*2|$1|k|*2|+RO|+access|");
    FLAGS_OF("bitfield k get u8 0 overflow sat", "*1|*2|$1|k|*2|+RO|+access|");
    FLAGS_OF("bitfield k get u8 0 overflow sat set u8 0 1", "*1|*2|$1|k|*3|+RW|+access|+update|");
    FLAGS_OF("bitfield k foo", "*1|*2|$1|k|*3|+RW|+access|+update|");
    FLAGS_OF("bitfield k get u8", "*1|*2|$1|k|*3|+RW|+access|+update|");
    FLAGS_OF("pfmerge a b", "*2|*2|$1|a|*3|+RW|+access|+insert|*2|$1|b|*2|+RO|+access|");
    f->client->resp = 3;
    FLAGS_OF("mset a b c d", "*2|*2|$1|a|~2|+OW|+update|*2|$1|c|~2|+OW|+update|");
    end();
}
END_TEST

/* What newer servers than the one recorded from know. */
START_TEST(conditionsReadTheKey) {
    begin();
    FLAGS_OF("set a b IFEQ x", "*1|*2|$1|a|*3|+RW|+access|+update|");
    FLAGS_OF("delex a", "*1|*2|$1|a|*2|+RM|+delete|");
    FLAGS_OF("delex a IFEQ x", "*1|*2|$1|a|*2|+RW|+delete|");
    end();
}
END_TEST

START_TEST(docsTellEverythingInOrder) {
    begin();
    f->client->resp = 3;
    CALL(f, "COMMAND DOCS getset",
         "%1|$6|getset|%8|$7|summary|$56|Stores a string and replies with the one that was there.|"
         "$5|since|$5|1.0.0|$5|group|$6|string|$10|complexity|$4|O(1)|$9|doc_flags|~1|+deprecated|"
         "$16|deprecated_since|$5|6.2.0|$11|replaced_by|$29|`SET` with the `GET` argument|$9|"
         "arguments|*2|%4|$4|name|$3|key|$4|type|$3|key|$12|display_text|$3|key|$14|"
         "key_spec_index|:0|%3|$4|name|$5|value|$4|type|$6|string|$12|display_text|$5|value|");
    f->client->resp = 2;
    CALL(f, "COMMAND DOCS bitfield_ro",
         "*2|$11|bitfield_ro|*10|$7|summary|$65|Reads integers of any width inside a string; may "
         "run on replicas.|$5|since|$5|6.0.0|$5|group|$6|bitmap|$10|complexity|$4|O(1)|$9|"
         "arguments|*2|*8|$4|name|$3|key|$4|type|$3|key|$12|display_text|$3|key|$14|"
         "key_spec_index|:0|*10|$4|name|$9|get-block|$4|type|$5|block|$5|token|$3|GET|$5|flags|*3|"
         "+optional|+multiple|+multiple_token|$9|arguments|*2|*6|$4|name|$8|encoding|$4|type|$6|"
         "string|$12|display_text|$8|encoding|*6|$4|name|$6|offset|$4|type|$7|integer|$12|"
         "display_text|$6|offset|");
    end();
}
END_TEST

START_TEST(docsTellHistoryAndSubcommands) {
    begin();
    f->client->resp = 3;
    ck_assert_ptr_nonnull(
        strstr(fakeCall(f, "COMMAND DOCS bitcount"),
               "$7\r\nhistory\r\n~1\r\n*2\r\n$5\r\n7.0.0\r\n$40\r\nRanges may count in BIT"));
    const char *reply = fakeCall(f, "COMMAND DOCS pubsub");
    ck_assert_ptr_eq(strstr(reply, "%1\r\n$6\r\npubsub\r\n%5\r\n"), reply);
    ck_assert_ptr_nonnull(strstr(reply, "$11\r\nsubcommands\r\n%6\r\n$15\r\npubsub|channels\r\n%"));
    end();
}
END_TEST

START_TEST(docsLeaveOutWhatIsNoCommand) {
    begin();
    CALL(f, "COMMAND DOCS nosuch set|x", "*0|");
    ck_assert_uint_eq(countAggregate(fakeCall(f, "COMMAND DOCS get nosuch get config|get")), 6);
    f->client->resp = 3;
    CALL(f, "COMMAND DOCS nosuch", "%0|");
    ck_assert_uint_eq(countAggregate(fakeCall(f, "COMMAND DOCS")),
                      (size_t)commandCount(f->server->commands));
    end();
}
END_TEST

START_TEST(helpNamesEverySubcommand) {
    begin();
    char *reply = strdup(fakeCall(f, "COMMAND HELP"));
    const command *cmd = commandFind(f->server->commands, BYTES("command"));
    for (int i = 0; i < cmd->subcommand_count; i++) {
        char word[64];
        snprintf(word, sizeof word, "\n+%s", cmd->subcommands[i].spec->name);
        for (char *p = word; *p; p++)
            if (*p >= 'a' && *p <= 'z') *p = (char)(*p - 32);
        ck_assert_msg(strstr(reply, word) != NULL, "%s", word);
    }
    free(reply);
    end();
}
END_TEST

TESTS("command", infoIsAsRecorded, infoInResp3HasSetsAndMapsAsRecorded,
      infoOfAContainerHoldsItsSubcommands, commandAndInfoWithoutNamesTellOfAll, listFilters,
      listHoldsSubcommandsToo, getKeysFindsKeysAsRecorded, getKeysCountsKeysByTheirNumber,
      getKeysAndFlagsFollowsTheWordsAsRecorded, conditionsReadTheKey, docsTellEverythingInOrder,
      docsTellHistoryAndSubcommands, docsLeaveOutWhatIsNoCommand, helpNamesEverySubcommand)
