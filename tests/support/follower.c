#include "tests/support/follower.h"

#include <check.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/observe/debug_digest.h"
#include "storage/base/mem.h"
#include "storage/types/t_array.h"
#include "storage/types/t_hash_ttl.h"
#include "storage/types/t_stream_group.h"

enum { CONTEXT = 400 }; /* shown around a difference */

struct follower {
    fakeServer *of, *f;
    propagationSink sink;
    int64_t ahead_ms;
    int db;
    FILE *told;
    char *told_text, *told_before, *error;
    size_t told_size;
};

/* ---- records ---- */

/* Whatever is no text as "\xff". */
static void writeBytes(FILE *out, bytes text) {
    for (size_t i = 0; i < text.size; i++)
        fprintf(out,
                text.data[i] >= ' ' && text.data[i] < 127 && text.data[i] != '\\' ? "%c"
                                                                                  : "\\x%02x",
                (unsigned char)text.data[i]);
}

/* The words of a record with spaces between them. */
static void writeWords(FILE *out, bytes record) {
    const char *at = memchr(record.data, '\n', record.size), *end = record.data + record.size;
    for (const char *space = ""; ++at < end; space = " ") {
        size_t size = strtoul(at + 1, NULL, 10);
        at = memchr(at, '\n', (size_t)(end - at)) + 1;
        fputs(space, out);
        writeBytes(out, bytesOf(at, size));
        at += size + 1;
    }
}

static void noteError(follower *w, bytes record, const char *reply) {
    if (w->error) return;
    size_t size;
    FILE *out = open_memstream(&w->error, &size);
    writeWords(out, record);
    fprintf(out, ": %s", reply);
    fclose(out);
}

/* An error, or one in what EXEC replies with: a line of its own, with a word in capitals. */
static bool isError(const char *reply) {
    if (*reply == '-') return true;
    while ((reply = strstr(reply, "\n-")))
        if (isupper((unsigned char)*(reply += 2))) return true;
    return false;
}

static void setClock(follower *w) {
    w->f->clock.now_us = w->of->clock.now_us + w->ahead_ms * 1000;
    serverReadClock(w->f->server);
}

static void take(void *ctx, server *s, int db_id, bytes record) {
    follower *w = ctx;
    fprintf(w->told, "%d:", db_id);
    writeWords(w->told, record);
    fputc(';', w->told);
    setClock(w);
    (void)s;
    if (db_id != PROPAGATE_ANY_DB && db_id != w->db) {
        fakeCallFormat(w->f, "SELECT %d", db_id);
        w->db = db_id;
    }
    const char *reply = fakeSend(w->f, w->f->client, record, NULL);
    if (isError(reply)) noteError(w, record, reply);
}

static void beginTold(follower *w) {
    w->told = open_memstream(&w->told_text, &w->told_size);
}

follower *followerNew(fakeServer *of, uint32_t kind, int64_t ahead_ms) {
    follower *w = memCalloc(1, sizeof *w);
    *w = (follower){.of = of, .f = fakeNew(), .ahead_ms = ahead_ms};
    w->sink = (propagationSink){.kind = kind, .take = take, .ctx = w};
    setClock(w);
    serverHoldDeadlines(w->f->server, true);
    beginTold(w);
    propagateAddSink(of->server, &w->sink);
    return w;
}

void followerFree(follower *w) {
    propagateRemoveSink(w->of->server, &w->sink);
    fakeFree(w->f);
    fclose(w->told);
    free(w->told_text);
    free(w->told_before);
    free(w->error);
    memFree(w);
}

fakeServer *followerServer(follower *w) {
    return w->f;
}

const char *followerTold(follower *w) {
    fclose(w->told);
    free(w->told_before);
    w->told_before = w->told_text;
    beginTold(w);
    return w->told_before;
}

const char *followerError(const follower *w) {
    return w->error;
}

/* ---- data ---- */

typedef struct dataLines {
    char **lines;
    size_t count, room;
    int db;
} dataLines;

static void writeId(FILE *out, const char *name, streamId id) {
    fprintf(out, " %s %" PRIu64 "-%" PRIu64, name, id.ms, id.seq);
}

static void writeGroup(FILE *out, const streamGroup *g) {
    fprintf(out, "\n    group ");
    writeBytes(out, streamGroupName(g));
    writeId(out, "last", g->last_id);
    fprintf(out, " read %" PRId64, g->entries_read);
    for (size_t i = 0; i < streamConsumerCount(g); i++) {
        fprintf(out, " consumer ");
        writeBytes(out, streamConsumerName(streamConsumerAt(g, i)));
    }
    for (btreeAt at = btreeFirst(g->pending); at.leaf; at = btreeNext(at)) {
        const streamPending *p = streamPendingAt(at);
        const streamConsumer *owner = streamPendingOwner(p);
        writeId(out, "\n      pending", p->id);
        fprintf(out, " since %" PRId64 " times %" PRId64 " of ", p->delivered_ms, p->deliveries);
        if (owner) writeBytes(out, streamConsumerName(owner));
    }
    fprintf(out, "\n      given back");
    for (btreeAt at = streamPendingByAge((streamGroup *)(uintptr_t)g);
         at.leaf && !streamPendingOwner(streamPendingAt(at)); at = btreeNext(at))
        writeId(out, "", streamPendingAt(at)->id);
}

static void writeStream(FILE *out, const stream *s) {
    fprintf(out, "\n    length %" PRIu64 " added %" PRIu64, streamLength(s), streamEntriesAdded(s));
    writeId(out, "last", streamLastId(s));
    writeId(out, "deleted", streamMaxDeletedId(s));
    for (size_t i = 0; i < streamGroupCount(s); i++) writeGroup(out, streamGroupAt(s, i));
}

static int byName(const void *a, const void *b) {
    const hashPair *x = a, *y = b;
    return bytesCompare(x->field, y->field);
}

typedef struct fieldDeadlines {
    hashPair *pairs;
    size_t count;
} fieldDeadlines;

static void noteField(void *ctx, const hashPair *pair) {
    fieldDeadlines *d = ctx;
    hashPair copy = *pair;
    copy.field.data = memcpy(malloc(pair->field.size + 1), pair->field.data, pair->field.size);
    if (pair->deadline_ms != DEADLINE_NONE)
        d->pairs[d->count++] = copy;
    else
        free((char *)(uintptr_t)copy.field.data);
}

static void writeFieldDeadlines(FILE *out, const entry *e) {
    fieldDeadlines d = {calloc(hashCount(e) + 1, sizeof(hashPair)), 0};
    hashEach(e, noteField, &d);
    qsort(d.pairs, d.count, sizeof *d.pairs, byName);
    for (size_t i = 0; i < d.count; i++) {
        fprintf(out, "\n    ");
        writeBytes(out, d.pairs[i].field);
        fprintf(out, " until %" PRId64, d.pairs[i].deadline_ms);
        free((char *)(uintptr_t)d.pairs[i].field.data);
    }
    free(d.pairs);
}

static void addLine(void *ctx, const entry *e) {
    dataLines *l = ctx;
    if (l->count == l->room) {
        l->room = l->room ? 2 * l->room : 64;
        l->lines = realloc(l->lines, l->room * sizeof *l->lines);
    }
    size_t size;
    char digest[DEBUG_DIGEST_SIZE];
    FILE *out = open_memstream(&l->lines[l->count++], &size);
    fprintf(out, "%02d:", l->db);
    writeBytes(out, entryKey(e));
    debugDigestValue(e, digest);
    fprintf(out, " %s %s", entryTypeName(entryType(e)), digest);
    if (entryHasDeadline(e)) fprintf(out, " until %" PRId64, entryDeadline(e));
    if (entryType(e) == TYPE_STREAM) writeStream(out, streamOf(e));
    if (entryType(e) == TYPE_HASH) writeFieldDeadlines(out, e);
    if (entryType(e) == TYPE_ARRAY)
        fprintf(out, " count %" PRIu64 " cursor %" PRIu64, arrayCount(e), arrayCursor(e));
    fputc('\n', out);
    fclose(out);
}

static int compareLines(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char *dataText(server *s) {
    dataLines l = {0};
    for (l.db = 0; l.db < s->db_count; l.db++) {
        uint64_t cursor = 0;
        do cursor = dbScan(s->dbs[l.db], cursor, addLine, &l);
        while (cursor);
    }
    if (l.count) qsort(l.lines, l.count, sizeof *l.lines, compareLines);
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (size_t i = 0; i < l.count; i++) {
        fputs(l.lines[i], out);
        free(l.lines[i]);
    }
    fclose(out);
    free(l.lines);
    return text;
}

void followerCheck(follower *w) {
    char *primary = dataText(w->of->server), *theirs = dataText(w->f->server);
    size_t at = 0, line = 0;
    while (primary[at] && primary[at] == theirs[at])
        if (primary[at++] == '\n' && primary[at] != ' ') line = at;
    if (primary[at] != theirs[at]) {
        size_t from = at - line > CONTEXT ? at - CONTEXT : line;
        ck_abort_msg("they differ:\n%.*s\n... of the follower:\n%.*s", 2 * CONTEXT, primary + from,
                     2 * CONTEXT, theirs + from);
    }
    free(primary);
    free(theirs);
}
