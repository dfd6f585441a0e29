/* Any bytes as what scripts hand to the libraries that read foreign formats, and as a reply that is
 * made a Lua value and a reply again. The first byte chooses; the rest is the text. Also as
 * code that is parsed, and as a library that is run. */
#include <stdlib.h>

#include "server/wiring.h"
#include "storage/base/clock.h"
#include "storage/base/mem.h"
#include "tests/fuzz/fuzz.h"

enum { FUNCTIONS = 8, TEXT_MAX = 4096 };

static const char *const scripts_of[FUNCTIONS] = {
    "return cjson.decode(ARGV[1])",
    "return cjson.encode({ARGV[1], {a = ARGV[1]}})",
    "return {cmsgpack.unpack(ARGV[1])}",
    "return cmsgpack.unpack(cmsgpack.pack(ARGV[1], {ARGV[1]})) == ARGV[1]",
    "return {struct.unpack(ARGV[1], string.rep('x', 100))}",
    "return struct.pack(ARGV[1], 1, 'abc', 2, 'def', 3.5)",
    "local f, e = loadstring(ARGV[1]) return type(f)",
    "redis.setresp(3) redis.call('set', 'k', ARGV[1]) return {redis.call('get', 'k'), "
    "{ok = ARGV[1]}, {err = ARGV[1]}, {big_number = ARGV[1]}, "
    "{verbatim_string = {format = ARGV[1], string = ARGV[1]}}, {map = {[ARGV[1]] = ARGV[1]}}}"};

static server *s;
static client *c;

static void end(void) {
    wiringFreeServer(s);
}

static void run(const char *script, bytes text) {
    bytes argv[] = {BYTES("EVAL"), bytesOfText(script), BYTES("0"), text};
    batchCall(c, 4, argv);
    replyBufClear(&c->out);
    serverFreeMarked(s);
}

static void loadLibrary(bytes text) {
    bytes argv[] = {BYTES("FUNCTION"), BYTES("RESTORE"), text, BYTES("FLUSH")};
    batchCall(c, 4, argv);
    argv[1] = BYTES("LOAD");
    batchCall(c, 3, argv);
    replyBufClear(&c->out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!s) {
        config cfg;
        configInit(&cfg);
        s = wiringNewServer(&cfg, clockSystem());
        s->skip_checksums = true;
        c = clientNew(s, s);
        atexit(end);
    }
    if (!size || size > TEXT_MAX) return 0;
    bytes text = bytesOf(data + 1, size - 1);
    c->resp = data[0] & 0x80 ? 3 : 2;
    if (data[0] % (FUNCTIONS + 1) == FUNCTIONS)
        loadLibrary(text);
    else
        run(scripts_of[data[0] % (FUNCTIONS + 1)], text);
    return 0;
}
