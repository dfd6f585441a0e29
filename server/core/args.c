#include "server/core/args.h"

#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/mem.h"
#include "storage/base/num.h"

static bool refuse(client *c, const char *error, const char *usual) {
    replyError(c, error ? error : usual);
    return false;
}

bool argInt(client *c, int index, int64_t *out, const char *error) {
    if (numParseInt(c->argv[index], out)) return true;
    return refuse(c, error, "ERR value is not an integer or out of range");
}

bool argIntIn(client *c, int index, int64_t min, int64_t max, int64_t *out, const char *error) {
    int64_t value;
    if (!argInt(c, index, &value, error)) return false;
    if (value < min || value > max) {
        if (error) return refuse(c, error, NULL);
        replyErrorFormat(c, "ERR value is out of range, value must between %lld and %lld",
                         (long long)min, (long long)max);
        return false;
    }
    *out = value;
    return true;
}

bool argDouble(client *c, int index, double *out, const char *error) {
    if (numParseDouble(c->argv[index], out)) return true;
    return refuse(c, error, "ERR value is not a valid float");
}

bool argLongDouble(client *c, int index, long double *out, const char *error) {
    if (numParseLongDouble(c->argv[index], out)) return true;
    return refuse(c, error, "ERR value is not a valid float");
}

bool argDb(client *c, int index, int *out, const char *not_int, const char *out_of_range) {
    int64_t id;
    if (!argIntIn(c, index, INT32_MIN, INT32_MAX, &id, not_int)) return false;
    if (id < 0 || id >= c->server->db_count)
        return refuse(c, out_of_range, "ERR DB index is out of range");
    *out = (int)id;
    return true;
}

bytes *argvOwn(const bytes *argv, int argc) {
    size_t total = (size_t)argc * sizeof(bytes);
    for (int i = 0; i < argc; i++) total += argv[i].size;
    bytes *own = memAlloc(total ? total : 1);
    char *text = (char *)(own + argc);
    for (int i = 0; i < argc; i++) {
        if (argv[i].size) memcpy(text, argv[i].data, argv[i].size);
        own[i] = bytesOf(text, argv[i].size);
        text += argv[i].size;
    }
    return own;
}
