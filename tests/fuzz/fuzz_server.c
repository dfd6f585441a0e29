/* A whole server without sockets fed by what the input says: raw bytes of the protocol in random
 * cuts (the first byte is even), or commands of the live table with arguments that their
 * documentation asks for, or that it does not (odd). Three connections, of which one speaks RESP3;
 * whoever is closed is replaced. The data is checked now and then and at the end.
 *
 * DEBUG's sub-commands that end, stop or fill the process on purpose are left out. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/core/client_limits.h"
#include "server/commands/docs/docs.h"
#include "storage/base/log.h"
#include "storage/base/mem.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/fake_server.h"
#include "tests/support/faulty_files.h"

enum { CLIENTS = 3, COMMANDS = 512, ARGS = 24, ROUNDS = 200, VALUE_MAX = 1 << 20, TEXT_ROOM = 64 };

/* A value that is refused for its size must not end the fuzzer, as it does not end the server. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "allocator_may_return_null=1:max_allocation_size_mb=512:abort_on_error=1";
}

/* They have no arguments that could matter, and take most of the time: one counts long, the others
 * fork. */
static const char *const slow_commands[] = {"pfselftest", "bgsave", "bgrewriteaof"};
enum { SLOW_COMMANDS = sizeof slow_commands / sizeof slow_commands[0] };

typedef struct run {
    const uint8_t *data;
    size_t size;
    fakeServer *fake;
    uint64_t clients[CLIENTS];
    command *commands[COMMANDS];
    int command_count;
    /* The request being made up. */
    bytes args[ARGS];
    char texts[ARGS][TEXT_ROOM];
    int argc;
} run;

/* ---- the input: zeros once it is used up ---- */

static uint8_t takeByte(run *r) {
    if (!r->size) return 0;
    r->size--;
    return *r->data++;
}

static size_t takeBelow(run *r, size_t bound) {
    size_t number = takeByte(r);
    if (bound > 256) number = number << 8 | takeByte(r);
    return number % bound;
}

/* ---- the loop that server/net has around a server ---- */

/* The client of a place, a new one where the old one was closed. */
static client *clientAt(run *r, int place) {
    client *c = clientById(r->fake->server, r->clients[place]);
    if (c) return c;
    c = fakeClient(r->fake);
    c->peer = memText("127.0.0.1:1");
    c->local = memText("127.0.0.1:2");
    if (place == 0) c->resp = 3;
    r->clients[place] = c->id;
    return c;
}

static void flushClient(client *c) {
    replyBufConsume(&c->out, replyBufSize(&c->out));
    if (c->flags & CLIENT_CLOSE_AFTER_REPLY || clientOverOutputLimit(c)) clientCloseSoon(c);
}

static void turn(server *s) {
    do {
        batchRun(s);
        cronRun(s);
        for (chainNode *node; (node = chainTakeFirst(&s->to_flush));) {
            client *c = CHAIN_ITEM(node, client, in_flush);
            c->flags &= ~(uint32_t)CLIENT_QUEUED_FLUSH;
            flushClient(c);
        }
        serverFreeMarked(s);
    } while (batchHasWork(s));
}

/* Up to 'size' bytes, as one read of a socket brings them; what was taken. */
static size_t feed(run *r, client *c, const void *data, size_t size) {
    server *s = r->fake->server;
    if (c->flags & CLIENT_HELD) return size; /* Its socket would not be read. */
    size_t room;
    char *to = batchRoom(s, c, &room);
    size_t part = size < room ? size : room;
    if (to) memcpy(to, data, part);
    if (to) batchReceived(s, c, part);
    return to ? part : size;
}

static void checkData(const server *s) {
    for (int i = 0; i < s->db_count; i++)
        if (dbCount(s->dbs[i])) dbCheck(s->dbs[i]);
}

/* ---- raw ---- */

static void runRaw(run *r) {
    size_t cut = 1 + takeByte(r);
    for (int place = 0; r->size; place++) {
        size_t part = r->size < cut ? r->size : cut;
        size_t taken = feed(r, clientAt(r, cut % 3 ? 1 : place % CLIENTS), r->data, part);
        r->data += taken;
        r->size -= taken;
        turn(r->fake->server);
        cut = cut * 5 % 509 + 1;
    }
}

/* ---- commands from the table ---- */

static void addCommand(void *ctx, command *cmd) {
    run *r = ctx;
    for (int i = 0; i < SLOW_COMMANDS; i++)
        if (!strcmp(cmd->full_name, slow_commands[i])) return;
    if (r->command_count < COMMANDS && !cmd->subcommand_count)
        r->commands[r->command_count++] = cmd;
}

static void addArg(run *r, bytes arg) {
    if (r->argc < ARGS) r->args[r->argc++] = arg;
}

static void addText(run *r, const char *text) {
    addArg(r, bytesOfText(text));
}

static void addNumber(run *r) {
    static const char *const borders[] = {"0",
                                          "1",
                                          "-1",
                                          "7",
                                          "-0",
                                          "8191",
                                          "16384",
                                          "65535",
                                          "1048575",
                                          "1048576",
                                          "2147483647",
                                          "2147483648",
                                          "-2147483648",
                                          "4294967295",
                                          "4294967296",
                                          "8589934592",
                                          "549755813888",
                                          "9223372036854775807",
                                          "-9223372036854775808",
                                          "-9223372036854775807",
                                          "9223372036854775808",
                                          "18446744073709551615",
                                          "1700000000000",
                                          "1.5",
                                          "1e308",
                                          "-1e400",
                                          "nan",
                                          "inf",
                                          " 1",
                                          "01",
                                          "#9223372036854775807",
                                          "u63",
                                          "i64",
                                          "u64"};
    enum { BORDERS = sizeof borders / sizeof borders[0] };
    size_t which = takeBelow(r, BORDERS * 2);
    if (which < BORDERS) {
        addText(r, borders[which]);
        return;
    }
    if (r->argc == ARGS) return;
    int64_t number = (int64_t)(int8_t)takeByte(r) * (which % 2 ? 1 : 1000);
    char *text = r->texts[r->argc];
    addArg(r, bytesOf(text, (size_t)snprintf(text, TEXT_ROOM, "%lld", (long long)number)));
}

static void addKey(run *r) {
    static const char *const keys[] = {"a", "b", "c", "{t}d", "{t}e", "", "k:1", "*"};
    addText(r, keys[takeBelow(r, sizeof keys / sizeof keys[0])]);
}

static void addBytes(run *r) {
    static char big[20000];
    if (!takeBelow(r, 8)) {
        memset(big, 'x', sizeof big);
        addArg(r, bytesOf(big, sizeof big - takeByte(r)));
        return;
    }
    size_t size = takeBelow(r, 40);
    if (size > r->size) size = r->size;
    addArg(r, bytesOf(r->data, size));
    r->data += size;
    r->size -= size;
}

static void addDirective(void *ctx, const char *name, const char *alias) {
    run *r = ctx;
    (void)alias;
    /* 'argc' counts down the directives to skip. */
    if (r->argc-- == 0) r->args[0] = bytesOfText(name);
}

static void addAnything(run *r) {
    static const char *const words[] = {
        "NX",    "XX",     "GET",  "EX",    "PX",    "EXAT",  "LEN",  "IDX",     "BYTE",  "BIT",
        "AND",   "OR",     "XOR",  "NOT",   "COUNT", "MATCH", "TYPE", "LIMIT",   "ALPHA", "REPLACE",
        "ASYNC", "string", "DESC", "WRITE", "yes",   "no",    "on",   "default", "DIFF",  "normal"};
    switch (takeBelow(r, 5)) {
    case 0: addText(r, words[takeBelow(r, sizeof words / sizeof words[0])]); return;
    case 1: addNumber(r); return;
    case 2: addKey(r); return;
    default: addBytes(r); return;
    }
}

/* ---- arguments as documented ---- */

static void addArguments(run *r, const argumentDoc *list);

static void addArgument(run *r, const argumentDoc *doc) {
    if (doc->token && doc->type != ARGUMENT_TOKEN) addText(r, doc->token);
    switch (doc->type) {
    case ARGUMENT_TOKEN: addText(r, doc->token ? doc->token : doc->name); return;
    case ARGUMENT_KEY: addKey(r); return;
    case ARGUMENT_INTEGER:
    case ARGUMENT_DOUBLE:
    case ARGUMENT_UNIX_TIME: addNumber(r); return;
    case ARGUMENT_BLOCK: addArguments(r, doc->arguments); return;
    case ARGUMENT_ONEOF: {
        int count = 0;
        while (doc->arguments[count].name) count++;
        if (count) addArgument(r, &doc->arguments[takeBelow(r, (size_t)count)]);
        return;
    }
    default: addAnything(r); return;
    }
}

static void addArguments(run *r, const argumentDoc *list) {
    for (; list && list->name; list++) {
        if (list->optional && takeBelow(r, 2)) continue;
        addArgument(r, list);
        while (list->multiple && r->argc < ARGS && takeBelow(r, 3)) addArgument(r, list);
    }
}

static void addConfig(run *r) {
    int count = 0, before = r->argc;
    bytes first = r->args[0];
    count = (int)takeBelow(r, 300);
    r->argc = count;
    r->args[0] = BYTES("maxmemory");
    configEachName(addDirective, r);
    bytes name = r->args[0];
    r->args[0] = first;
    r->argc = before;
    addArg(r, name);
}

static void addDebug(run *r) {
    static const char *const harmless[] = {"change-repl-id",
                                           "client-eviction",
                                           "config-rewrite-force-all",
                                           "digest",
                                           "digest-value",
                                           "error",
                                           "help",
                                           "htstats",
                                           "htstats-key",
                                           "listpack",
                                           "log",
                                           "object",
                                           "pause-cron",
                                           "protocol",
                                           "quicklist",
                                           "quicklist-packed-threshold",
                                           "reload",
                                           "replybuffer",
                                           "sdslen",
                                           "set-active-expire",
                                           "structsize"};
    addText(r, harmless[takeBelow(r, sizeof harmless / sizeof harmless[0])]);
}

static void makeRequest(run *r) {
    const command *cmd = r->commands[takeBelow(r, (size_t)r->command_count)];
    r->argc = 0;
    if (cmd->parent) addText(r, cmd->parent->spec->name);
    addText(r, cmd->spec->name);
    uint8_t how = takeByte(r);
    if (!strcmp(cmd->full_name, "debug")) {
        addDebug(r);
    } else if (!strncmp(cmd->full_name, "config|", 7) && how % 2) {
        addConfig(r);
    } else if (cmd->doc && how % 4) {
        addArguments(r, cmd->doc->arguments);
    } else {
        int least = cmd->arity < 0 ? -cmd->arity : cmd->arity;
        while (r->argc < least) addAnything(r);
    }
    for (size_t more = how >> 6 ? 0 : takeBelow(r, 5); more; more--) addAnything(r);
}

static void sendRequest(run *r, int place) {
    static char request[ARGS * (sizeof(char[20000]) + 32)];
    size_t at = (size_t)snprintf(request, sizeof request, "*%d\r\n", r->argc);
    for (int i = 0; i < r->argc; i++) {
        bytes arg = r->args[i];
        at += (size_t)snprintf(request + at, sizeof request - at, "$%zu\r\n", arg.size);
        if (arg.size) memcpy(request + at, arg.data, arg.size);
        at += arg.size;
        memcpy(request + at, "\r\n", 2);
        at += 2;
    }
    for (size_t sent = 0; sent < at;) {
        sent += feed(r, clientAt(r, place), request + sent, at - sent);
        if (takeByte(r) % 4 || sent < at) turn(r->fake->server);
        /* Else the next request, of another client, shares the batch. */
        if (clientAt(r, place)->flags & CLIENT_QUEUED_INPUT) return;
    }
}

static void runCommands(run *r) {
    server *s = r->fake->server;
    s->config.enable_debug_command = CONFIG_YES;
    commandEach(s->commands, addCommand, r);
    for (int round = 0; r->size && round < ROUNDS; round++) {
        uint8_t op = takeByte(r);
        int place = op % CLIENTS;
        if (op >= 0xf0) {
            fakeAdvanceMs(r->fake, (int64_t)takeByte(r) * takeByte(r));
            turn(s);
        }
        if (op == 0xee) checkData(s);
        if (clientAt(r, place)->flags & CLIENT_QUEUED_INPUT) turn(s);
        makeRequest(r);
        sendRequest(r, place);
    }
    turn(s);
}

static void leaveOutSlow(commandTable *t) {
    const char *reason;
    for (int i = 0; i < SLOW_COMMANDS; i++)
        if (!commandRename(t, bytesOfText(slow_commands[i]), BYTES(""), &reason)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const logSettings quiet = {.level = LOG_NOTHING, .file = "", .role = 'M'};
    if (logConfigure(&quiet) < 0) return 0;
    run *r = memCalloc(1, sizeof *r);
    r->data = data;
    r->size = size;
    r->fake = fakeNew();
    r->fake->server->config.proto_max_bulk_len = VALUE_MAX;
    /* No file is left behind: the disk has no room for any. */
    faultyFiles full;
    faultyInit(&full);
    faultySet(&full, FAULT_FROM, FILE_OPEN, 1, ENOSPC);
    r->fake->server->files = &full.ops;
    leaveOutSlow(r->fake->server->commands);
    if (takeByte(r) % 2)
        runCommands(r);
    else
        runRaw(r);
    turn(r->fake->server);
    checkData(r->fake->server);
    fakeFree(r->fake);
    memFree(r);
    return 0;
}
