#include "server/commands/sort_pattern.h"

#include "server/commands/hash_open.h"
#include "server/core/key_open.h"
#include "storage/base/mem.h"
#include "storage/db/db_fields.h"

sortPattern sortPatternOf(bytes text) {
    sortPattern p = {.is_element = bytesEqualWord(text, "#")};
    const char *star = text.size ? memchr(text.data, '*', text.size) : NULL;
    p.is_nothing = !star && !p.is_element;
    if (!star) return p;
    p.before = bytesOf(text.data, (size_t)(star - text.data));
    p.after = bytesOf(star + 1, text.size - p.before.size - 1);
    const char *arrow = memmem(p.after.data, p.after.size, "->", 2);
    size_t key_end = arrow ? (size_t)(arrow - p.after.data) : 0;
    /* An arrow with nothing behind it is part of the key. */
    if (!arrow || key_end + 2 == p.after.size) return p;
    p.field = bytesOf(arrow + 2, p.after.size - key_end - 2);
    p.after.size = key_end;
    return p;
}

void sortFetcherClear(sortFetcher *f) {
    memFree(f->key);
}

static void append(char **to, bytes part) {
    if (part.size) memcpy(*to, part.data, part.size);
    *to += part.size;
}

static keyRef keyFor(sortFetcher *f, const sortPattern *p, bytes element) {
    size_t size = p->before.size + element.size + p->after.size;
    if (size > f->room) {
        f->room = size * 2;
        f->key = memRealloc(f->key, f->room);
    }
    char *to = f->key;
    append(&to, p->before);
    append(&to, element);
    append(&to, p->after);
    return keyRefOf(bytesOf(f->key, size));
}

bool sortFetch(client *c, sortFetcher *f, const sortPattern *p, bytes element, bytes *out) {
    if (p->is_element) {
        *out = element;
        return true;
    }
    if (p->is_nothing) return false;
    keyRef key = keyFor(f, p, element);
    const entry *e = keyRead(c, key);
    if (!e || entryType(e) != (p->field.size ? TYPE_HASH : TYPE_STRING)) return false;
    if (!p->field.size) {
        *out = entryString(e, f->digits);
        return true;
    }
    if (!hashFind(e, p->field, &f->pair)) return false;
    if (hashIsLive(c, &f->pair)) {
        *out = f->pair.value;
        return true;
    }
    dbExpireNamed(c->db, key, (entry *)(uintptr_t)e, &p->field, 1, 1);
    return false;
}
