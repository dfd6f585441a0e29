#include "server/observe/redact.h"

#include "server/core/config.h"

/* True if 'index' is one of the 'size' arguments behind a word at 'from' or later. */
static bool isBehind(const char *word, int size, int from, const bytes *argv, int index) {
    for (int i = index - 1; i >= from && i >= index - size; i--)
        if (bytesEqualWord(argv[i], word)) return true;
    return false;
}

bool redactIsSecret(const command *cmd, const bytes *argv, int argc, int index) {
    const char *name = cmd->full_name;
    (void)argc;
    switch (*name) {
    case 'a':
        if (!strcmp(name, "auth")) return index >= 1;
        if (strcmp(name, "acl|setuser") && strcmp(name, "acl|getuser") &&
            strcmp(name, "acl|deluser"))
            return false;
        return index >= 2;
    case 'c':
        return !strcmp(name, "config|set") && index >= 3 && index % 2 &&
               configIsSecret(argv[index - 1]);
    case 'h': return !strcmp(name, "hello") && isBehind("auth", 2, 2, argv, index);
    case 'm':
        return !strcmp(name, "migrate") &&
               (isBehind("auth", 1, 6, argv, index) || isBehind("auth2", 2, 6, argv, index));
    default: return false;
    }
}
