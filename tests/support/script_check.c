#include "tests/support/script_check.h"

#include <check.h>
#include <stdlib.h>

static char *shown; /* The last reply, its line ends replaced. */

const char *scriptReply(fakeServer *f, const char *script) {
    bytes argv[] = {BYTES("EVAL"), bytesOfText(script), BYTES("0")};
    const char *reply = fakeCallArgs(f, f->client, 3, argv, NULL);
    free(shown);
    shown = malloc(strlen(reply) + 1);
    char *out = shown;
    for (const char *p = reply; *p; p++)
        if (*p != '\r') *out++ = *p == '\n' ? '|' : *p;
    *out = '\0';
    return shown;
}

void scriptExpect(fakeServer *f, const char *script, const char *wanted, const char *file, int at) {
    const char *reply = scriptReply(f, script);
    if (strcmp(reply, wanted))
        ck_abort_msg("%s:%d: %s\n  wanted: %s\n  got:    %s", file, at, script, wanted, reply);
}

void scriptExpectPart(fakeServer *f, const char *script, const char *part, const char *file,
                      int at) {
    const char *reply = scriptReply(f, script);
    if (!strstr(reply, part))
        ck_abort_msg("%s:%d: %s\n  wanted: ...%s...\n  got:    %s", file, at, script, part, reply);
}
