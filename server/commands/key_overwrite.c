#include "server/commands/key_overwrite.h"

void keyTellOverwriteOf(client *c, keyRef key, const entry *e, valueType now) {
    bool changed = entryType(e) != now;
    keyEvent(c, key, NOTIFY_OVERWRITTEN, "overwritten");
    if (changed) keyEvent(c, key, NOTIFY_TYPE_CHANGED, "type_changed");
}
