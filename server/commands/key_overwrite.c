#include "server/commands/key_overwrite.h"

void keyTellOverwriteIn(client *c, const db *in, keyRef key, const entry *e, valueType now) {
    bool changed = entryType(e) != now;
    keyEventIn(c, dbId(in), key, NOTIFY_OVERWRITTEN, "overwritten");
    if (changed) keyEventIn(c, dbId(in), key, NOTIFY_TYPE_CHANGED, "type_changed");
}
