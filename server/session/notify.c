#include "server/session/notify.h"

#include "server/session/pubsub.h"
#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/base/num.h"

/* A channel or message put together: grows on the heap where it is long. */
typedef struct text {
    char *data;
    size_t size, room;
    char small[256];
} text;

static text textBegin(void) {
    return (text){.size = 0};
}

static void add(text *t, bytes piece) {
    size_t room = t->data ? t->room : sizeof t->small;
    if (t->size + piece.size > room) {
        t->room = (t->size + piece.size) * 2;
        char *data = memAlloc(t->room);
        memcpy(data, t->data ? t->data : t->small, t->size);
        memFree(t->data);
        t->data = data;
    }
    if (piece.size) memcpy((t->data ? t->data : t->small) + t->size, piece.data, piece.size);
    t->size += piece.size;
}

static void addWord(text *t, const char *word) {
    add(t, bytesOfText(word));
}

static void addNumber(text *t, int64_t number) {
    char digits[NUM_INT_MAX];
    add(t, bytesOf(digits, numFormatInt(digits, number)));
}

static bytes textBytes(const text *t) {
    return bytesOf(t->data ? t->data : t->small, t->size);
}

/* "__<kind>@<db>__:" */
static void beginChannel(text *t, const char *kind, int db_id) {
    addWord(t, "__");
    addWord(t, kind);
    addWord(t, "@");
    addNumber(t, db_id);
    addWord(t, "__:");
}

static void publishText(server *s, text *channel, bytes message) {
    pubsubPublish(s, PUBSUB_CHANNEL, textBytes(channel), message);
    memFree(channel->data);
}

static void publishTo(server *s, const char *kind, int db_id, bytes what, bytes message) {
    text channel = textBegin();
    beginChannel(&channel, kind, db_id);
    add(&channel, what);
    publishText(s, &channel, message);
}

/* ---- subkeys ---- */

/* To __subkeyspace@<db>__:<key>, the event and the subkeys. */
static void publishSubkeyspace(server *s, const change *what, bytes event) {
    text message = textBegin();
    add(&message, event);
    addWord(&message, "|");
    add(&message, what->subkeys);
    publishTo(s, "subkeyspace", what->db, what->key, textBytes(&message));
    memFree(message.data);
}

/* To __subkeyevent@<db>__:<event>, the key with its size, and the subkeys. */
static void publishSubkeyevent(server *s, const change *what, bytes event) {
    text message = textBegin();
    addNumber(&message, (int64_t)what->key.size);
    addWord(&message, ":");
    add(&message, what->key);
    addWord(&message, "|");
    add(&message, what->subkeys);
    publishTo(s, "subkeyevent", what->db, event, textBytes(&message));
    memFree(message.data);
}

/* Takes the next of "<size>:<subkey>[,...]" off the list; false at its end. */
static bool takeSubkey(bytes *list, bytes *subkey) {
    if (!list->size) return false;
    const char *colon = memchr(list->data, ':', list->size);
    int64_t size;
    ensure(colon);
    ensure(numParseInt(bytesOf(list->data, (size_t)(colon - list->data)), &size));
    *subkey = bytesOf(colon + 1, (size_t)size);
    const char *end = list->data + list->size, *after = colon + 1 + size;
    if (after < end) after++;
    *list = bytesOf(after, (size_t)(end - after));
    return true;
}

/* To __subkeyspaceitem@<db>__:<key>\n<subkey>, the event, for each subkey. */
static void publishSubkeyItems(server *s, const change *what, bytes event) {
    bytes list = what->subkeys, subkey;
    while (takeSubkey(&list, &subkey)) {
        text channel = textBegin();
        beginChannel(&channel, "subkeyspaceitem", what->db);
        add(&channel, what->key);
        addWord(&channel, "\n");
        add(&channel, subkey);
        publishText(s, &channel, event);
    }
}

/* To __subkeyspaceevent@<db>__:<event>|<key>, the subkeys. */
static void publishSubkeyspaceevent(server *s, const change *what, bytes event) {
    text channel = textBegin();
    beginChannel(&channel, "subkeyspaceevent", what->db);
    add(&channel, event);
    addWord(&channel, "|");
    add(&channel, what->key);
    publishText(s, &channel, what->subkeys);
}

/* No event of ours has a '|' in its name, which would make the first and the last ambiguous. */
static void publishSubkeys(server *s, uint32_t mask, const change *what, bytes event) {
    if (mask & NOTIFY_SUBKEYSPACE) publishSubkeyspace(s, what, event);
    if (mask & NOTIFY_SUBKEYEVENT) publishSubkeyevent(s, what, event);
    bool ambiguous = what->key.size && memchr(what->key.data, '\n', what->key.size);
    if (mask & NOTIFY_SUBKEYSPACEITEM && !ambiguous) publishSubkeyItems(s, what, event);
    if (mask & NOTIFY_SUBKEYSPACEEVENT) publishSubkeyspaceevent(s, what, event);
}

static void publishChange(void *ctx, server *s, client *by, const change *what) {
    (void)ctx;
    (void)by;
    uint32_t mask = s->effects.notify_mask;
    if (!(mask & what->class) || !pubsubClients(s)) return;
    bytes event = bytesOfText(what->event);
    if (mask & NOTIFY_KEYSPACE) publishTo(s, "keyspace", what->db, what->key, event);
    if (mask & NOTIFY_KEYEVENT) publishTo(s, "keyevent", what->db, event, what->key);
    if (what->subkeys.size) publishSubkeys(s, mask, what, event);
}

void notifyRefresh(server *s) {
    uint32_t mask = s->config.notify_keyspace_events;
    s->effects.notify_mask = mask;
    const uint32_t forms = NOTIFY_KEYSPACE | NOTIFY_KEYEVENT | NOTIFY_SUBKEYS;
    effectSetLive(s, EFFECT_NOTIFY, (mask & forms) && (mask & ~forms));
}

void notifyAttach(server *s) {
    effectSubscribe(s, EFFECT_NOTIFY, publishChange, NULL, NULL);
    notifyRefresh(s);
}
