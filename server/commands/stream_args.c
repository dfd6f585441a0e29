#include "server/commands/stream_args.h"

#include "server/core/args.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/num.h"

/* ---- IDs ---- */

size_t streamIdFormat(char out[STREAM_ID_TEXT], streamId id) {
    size_t size = numFormatUint(out, id.ms);
    out[size++] = '-';
    return size + numFormatUint(out + size, id.seq);
}

/* A number as clients may write it in an ID: blanks and a plus before it and zeros in front have
 * always been let through. */
static bool parseNumber(bytes text, uint64_t *out) {
    if (numParseUint(text, out)) return true;
    const char *at = text.data, *end = at + text.size;
    while (at < end && (*at == ' ' || (*at >= '\t' && *at <= '\r'))) at++;
    if (at < end && *at == '+') at++;
    if (at == end || *at < '0' || *at > '9') return false;
    while (end - at > 1 && *at == '0') at++;
    return numParseUint(bytesOf(at, (size_t)(end - at)), out);
}

bool streamIdParse(bytes text, uint64_t seq, bool strict, streamId *out, bool *auto_seq) {
    if (auto_seq) *auto_seq = false;
    if (text.size == 0 || text.size > 127) return false;
    if (text.size == 1 && (text.data[0] == '-' || text.data[0] == '+')) {
        *out = text.data[0] == '-' ? STREAM_ID_ZERO : STREAM_ID_MAX;
        return !strict;
    }
    const char *dash = memchr(text.data, '-', text.size);
    streamId id = {0, seq};
    size_t ms_size = dash ? (size_t)(dash - text.data) : text.size;
    if (!parseNumber(bytesOf(text.data, ms_size), &id.ms)) return false;
    if (dash) {
        bytes rest = bytesOf(dash + 1, text.size - ms_size - 1);
        if (auto_seq && bytesEqual(rest, BYTES("*"))) {
            id.seq = 0;
            *auto_seq = true;
        } else if (!parseNumber(rest, &id.seq)) {
            return false;
        }
    }
    *out = id;
    return true;
}

void replyStreamId(client *c, streamId id) {
    char text[STREAM_ID_TEXT];
    replyBulk(c, bytesOf(text, streamIdFormat(text, id)));
}

static void replyNoId(client *c) {
    replyError(c, "ERR Invalid stream ID specified as stream command argument");
}

bool argStreamId(client *c, int index, uint64_t seq, bool strict, streamId *out) {
    if (streamIdParse(c->argv[index], seq, strict, out, NULL)) return true;
    replyNoId(c);
    return false;
}

/* One end: 'move' goes one ID inwards where it is exclusive. */
static bool intervalEnd(client *c, int index, uint64_t seq, bool (*move)(streamId *id),
                        const char *error, streamId *out) {
    bytes text = c->argv[index];
    bool exclusive = text.size > 1 && text.data[0] == '(';
    if (exclusive) text = bytesOf(text.data + 1, text.size - 1);
    if (!streamIdParse(text, seq, exclusive, out, NULL)) {
        replyNoId(c);
        return false;
    }
    if (!exclusive || move(out)) return true;
    replyError(c, error);
    return false;
}

bool argStreamIntervalStart(client *c, int index, streamId *from) {
    return intervalEnd(c, index, 0, streamIdUp, "ERR invalid start ID for the interval", from);
}

bool argStreamInterval(client *c, int from_index, int to_index, streamId *from, streamId *to) {
    return argStreamIntervalStart(c, from_index, from) &&
           intervalEnd(c, to_index, UINT64_MAX, streamIdDown, "ERR invalid end ID for the interval",
                       to);
}

bool argStreamIdsAreValid(client *c, int first, int end) {
    streamId id;
    for (int i = first; i < end; i++)
        if (!argStreamId(c, i, 0, true, &id)) return false;
    return true;
}

/* ---- trimming ---- */

bool argIsStreamRefs(const client *c, int index, streamRefs *out) {
    if (argIs(c, index, "keepref"))
        *out = STREAM_KEEP_REFS;
    else if (argIs(c, index, "delref"))
        *out = STREAM_DELETE_REFS;
    else if (argIs(c, index, "acked"))
        *out = STREAM_ACKED_ONLY;
    else
        return false;
    return true;
}

bool argStreamIds(client *c, int index, int *first, int *count) {
    int64_t number;
    if (!argIntIn(c, index, 1, INT64_MAX, &number, "ERR Number of IDs must be a positive integer"))
        return false;
    if (number > c->argc - index - 1) {
        replyError(c, "ERR The `numids` parameter must match the number of arguments");
        return false;
    }
    *first = index + 1;
    *count = (int)number;
    return true;
}

bool argStreamIdsWithRefs(client *c, int index, streamIdsArgs *out) {
    bool refs_given = false;
    *out = (streamIdsArgs){.refs = STREAM_KEEP_REFS};
    for (int i = index; i < c->argc; i++) {
        if (!refs_given && argIsStreamRefs(c, i, &out->refs)) {
            refs_given = true;
        } else if (out->count == 0 && i + 1 < c->argc && argIs(c, i, "ids")) {
            if (!argStreamIds(c, i + 1, &out->first, &out->count)) return false;
            i = out->first + out->count - 1;
        } else {
            replySyntaxError(c);
            return false;
        }
    }
    if (out->count == 0) replySyntaxError(c);
    return out->count != 0;
}

static streamWord trimStrategy(client *c, int *index, streamTrimArgs *a) {
    if (a->given) {
        replyError(c, "ERR syntax error, MAXLEN and MINID options at the same time are not "
                      "compatible");
        return STREAM_WORD_BAD;
    }
    a->given = true;
    a->rule.by_id = argIs(c, *index, "minid");
    int at = *index + 1;
    bool has_operator = bytesEqual(c->argv[at], BYTES("~")) || bytesEqual(c->argv[at], BYTES("="));
    if (has_operator && at + 1 < c->argc) {
        a->rule.approximate = c->argv[at].data[0] == '~';
        at++;
    }
    *index = at;
    if (a->rule.by_id)
        return argStreamId(c, at, 0, true, &a->rule.min_id) ? STREAM_WORD_TAKEN : STREAM_WORD_BAD;
    int64_t length;
    if (!argInt(c, at, &length, NULL)) return STREAM_WORD_BAD;
    if (length < 0) {
        replyError(c, "ERR The MAXLEN argument must be >= 0.");
        return STREAM_WORD_BAD;
    }
    a->rule.max_length = (uint64_t)length;
    return STREAM_WORD_TAKEN;
}

static streamWord trimLimit(client *c, int *index, streamTrimArgs *a) {
    int64_t limit;
    if (!argInt(c, ++*index, &limit, NULL)) return STREAM_WORD_BAD;
    if (limit < 0) {
        replyError(c, "ERR The LIMIT argument must be >= 0.");
        return STREAM_WORD_BAD;
    }
    a->limit_given = true;
    a->rule.limit = (uint64_t)limit;
    return STREAM_WORD_TAKEN;
}

streamWord argStreamTrim(client *c, int *index, streamTrimArgs *a) {
    bool more = *index + 1 < c->argc;
    if (more && (argIs(c, *index, "maxlen") || argIs(c, *index, "minid")))
        return trimStrategy(c, index, a);
    if (more && argIs(c, *index, "limit")) return trimLimit(c, index, a);
    if (!argIsStreamRefs(c, *index, &a->rule.refs)) return STREAM_WORD_OTHER;
    if (a->refs_given) {
        replySyntaxError(c);
        return STREAM_WORD_BAD;
    }
    a->refs_given = true;
    return STREAM_WORD_TAKEN;
}

enum { LIMIT_IN_NODES = 100, LIMIT_WITHOUT_NODES = 10000, LIMIT_MAX = 1000000 };

bool argStreamTrimEnd(client *c, streamTrimArgs *a) {
    if (a->limit_given && !a->given) {
        replyError(c, "ERR syntax error, LIMIT cannot be used without specifying a trimming "
                      "strategy");
        return false;
    }
    if (a->limit_given && !a->rule.approximate) {
        replyError(c, "ERR syntax error, LIMIT cannot be used without the special ~ option");
        return false;
    }
    if (a->rule.approximate && !a->limit_given) {
        int64_t entries = c->server->config.types.stream_node_entries;
        a->rule.limit = entries <= 0 ? LIMIT_WITHOUT_NODES
                        : entries >= LIMIT_MAX / LIMIT_IN_NODES
                            ? LIMIT_MAX
                            : (uint64_t)entries * LIMIT_IN_NODES;
    }
    return true;
}

streamIdmpLimits streamIdmpDefaults(const client *c) {
    const config *cfg = &c->server->config;
    return (streamIdmpLimits){cfg->stream_idmp_duration, cfg->stream_idmp_maxsize};
}

/* ---- replies ---- */

static void replyValue(client *c, listpackValue value) {
    if (value.text.data)
        replyBulk(c, value.text);
    else
        replyBulkInteger(c, value.number);
}

void replyStreamFields(client *c, streamIterator *it) {
    replyArray(c, it->fields * 2);
    for (size_t i = it->fields; i > 0; i--) {
        listpackValue field, value;
        streamIteratorField(it, &field, &value);
        replyValue(c, field);
        replyValue(c, value);
    }
}

void replyStreamEntry(client *c, streamIterator *it) {
    replyArray(c, 2);
    replyStreamId(c, it->id);
    replyStreamFields(c, it);
}
