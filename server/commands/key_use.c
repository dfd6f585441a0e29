#include "server/commands/key_use.h"

static int oneKey(int use, keyPosition *out, int max) {
    if (max < 1) return 0;
    out[0] = (keyPosition){1, use};
    return 1;
}

static bool isAnyOf(bytes word, const char *const *names) {
    for (; *names; names++)
        if (bytesEqualWord(word, *names)) return true;
    return false;
}

int setKeys(const bytes *argv, int argc, keyPosition *out, int max) {
    static const char *const reading[] = {"get", "ifeq", "ifne", "ifdeq", "ifdne", NULL};
    for (int i = 3; i < argc; i++)
        if (isAnyOf(argv[i], reading)) return oneKey(KEY_RW | KEY_ACCESS | KEY_UPDATE, out, max);
    return oneKey(KEY_OW | KEY_UPDATE, out, max);
}

int delexKeys(const bytes *argv, int argc, keyPosition *out, int max) {
    (void)argv;
    return oneKey((argc > 2 ? KEY_RW : KEY_RM) | KEY_DELETE, out, max);
}

int bitfieldKeys(const bytes *argv, int argc, keyPosition *out, int max) {
    int i = 2;
    while (i < argc) {
        if (bytesEqualWord(argv[i], "get") && i + 2 < argc)
            i += 3;
        else if (bytesEqualWord(argv[i], "overflow") && i + 1 < argc)
            i += 2;
        else
            return oneKey(KEY_RW | KEY_ACCESS | KEY_UPDATE, out, max);
    }
    return oneKey(KEY_RO | KEY_ACCESS, out, max);
}
