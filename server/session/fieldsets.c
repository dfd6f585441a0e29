#include "server/session/fieldsets.h"

#include <stdlib.h>

#include "storage/base/mem.h"

struct fieldsets {
    clientClosedHook closed;
    clientDetailsHook details;
};

/* ---- the hooks of a server ---- */

static void clientGone(void *ctx, client *c) {
    (void)ctx;
    fieldsetDropAll(c);
}

static void fillDetails(void *ctx, const client *c, clientDetails *d) {
    (void)ctx;
    for (const fieldset *f = c->fieldsets; f; f = f->next) d->memory += f->memory;
}

void fieldsetsAttach(server *s) {
    struct fieldsets *all = memCalloc(1, sizeof *all);
    all->closed = (clientClosedHook){.closed = clientGone};
    chainAppend(&s->client_closed, &all->closed.node);
    all->details = (clientDetailsHook){.fill = fillDetails};
    chainAppend(&s->client_details, &all->details.node);
    s->fieldsets = all;
}

void fieldsetsDetach(server *s) {
    CHAIN_EACH(&s->clients, node) {
        fieldsetDropAll(CHAIN_ITEM(node, client, in_server));
    }
    chainRemove(&s->client_closed, &s->fieldsets->closed.node);
    chainRemove(&s->client_details, &s->fieldsets->details.node);
    memFree(s->fieldsets);
    s->fieldsets = NULL;
}

/* ---- those of a client ---- */

/* The link that leads to the one of this name, or the last link, which leads nowhere. */
static fieldset **linkTo(fieldset **first, bytes name) {
    fieldset **link = first;
    while (*link && !bytesEqual((*link)->name, name)) link = &(*link)->next;
    return link;
}

const fieldset *fieldsetFind(const client *c, bytes name) {
    fieldset *first = c->fieldsets;
    return *linkTo(&first, name);
}

bool fieldsetDrop(client *c, bytes name) {
    fieldset *first = c->fieldsets, **link = linkTo(&first, name), *gone = *link;
    if (!gone) return false;
    *link = gone->next;
    c->fieldsets = first;
    memFree(gone);
    return true;
}

size_t fieldsetDropAll(client *c) {
    size_t dropped = 0;
    for (fieldset *f = c->fieldsets, *next; f; f = next, dropped++) {
        next = f->next;
        memFree(f);
    }
    c->fieldsets = NULL;
    return dropped;
}

static int compareFields(const void *a, const void *b) {
    return bytesCompare(*(const bytes *)a, *(const bytes *)b);
}

static bool someTwice(const bytes *fields, size_t count) {
    bytes *sorted = memAlloc(count * sizeof *sorted);
    memcpy(sorted, fields, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compareFields);
    bool twice = false;
    for (size_t i = 1; i < count && !twice; i++) twice = bytesEqual(sorted[i - 1], sorted[i]);
    memFree(sorted);
    return twice;
}

static bytes copyText(char **to, bytes text) {
    if (text.size) memcpy(*to, text.data, text.size);
    bytes copy = bytesOf(*to, text.size);
    *to += text.size;
    return copy;
}

/* In one allocation, texts behind the list. */
static fieldset *copyOf(bytes name, const bytes *fields, size_t count) {
    size_t size = sizeof(fieldset) + count * sizeof(bytes) + name.size;
    for (size_t i = 0; i < count; i++) size += fields[i].size;
    fieldset *f = memAlloc(size);
    char *text = (char *)(f->fields + count);
    *f = (fieldset){.name = copyText(&text, name), .memory = memGoodSize(size), .count = count};
    for (size_t i = 0; i < count; i++) f->fields[i] = copyText(&text, fields[i]);
    return f;
}

static size_t countOf(const client *c) {
    size_t count = 0;
    for (const fieldset *f = c->fieldsets; f; f = f->next) count++;
    return count;
}

fieldsetAnswer fieldsetPut(client *c, bytes name, const bytes *fields, size_t count) {
    if (someTwice(fields, count)) return FIELDSET_TWICE;
    if (!fieldsetDrop(c, name) && countOf(c) >= FIELDSETS_MAX) return FIELDSET_TOO_MANY;
    fieldset *f = copyOf(name, fields, count);
    f->next = c->fieldsets;
    c->fieldsets = f;
    return FIELDSET_TAKEN;
}
