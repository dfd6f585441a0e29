#include "server/proc_title.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "storage/base/mem.h"

void procTitleInit(procTitle *t, int argc, char **argv) {
    *t = (procTitle){.room = argc ? argv[0] : NULL,
                     .program = memText(argc ? argv[0] : "ebb-server")};
    char *end = t->room;
    for (int i = 0; i < argc && argv[i] == end; i++) end += strlen(end) + 1;
    int count = 0;
    while (environ[count]) {
        if (environ[count] == end) end += strlen(end) + 1;
        count++;
    }
    t->size = (size_t)(end - t->room);
    t->environment = memCalloc((size_t)count + 1, sizeof(char *));
    for (int i = 0; i < count; i++) t->environment[i] = memText(environ[i]);
    environ = t->environment;
}

void procTitleClear(procTitle *t) {
    static char *none[1];
    environ = none;
    for (int i = 0; t->environment[i]; i++) memFree(t->environment[i]);
    memFree(t->environment);
    memFree(t->program);
}

typedef struct titleText {
    char *out;
    size_t size, room;
} titleText;

static void add(titleText *t, bytes piece) {
    size_t left = t->room - t->size - 1;
    size_t size = piece.size < left ? piece.size : left;
    memcpy(t->out + t->size, piece.data, size);
    t->size += size;
}

static void addPort(titleText *t, int64_t port) {
    char digits[32];
    int size = snprintf(digits, sizeof digits, "%lld", (long long)port);
    add(t, bytesOf(digits, (size_t)size));
}

static void addListenAddr(titleText *t, const config *c) {
    int64_t port = c->port ? c->port : configInt(c, "tls-port");
    if (!port) {
        add(t, bytesOfText(c->unixsocket));
        return;
    }
    const char *host = c->bind_count ? c->binds[0] : "*";
    add(t, bytesOfText(host[0] == '-' ? host + 1 : host));
    add(t, BYTES(":"));
    addPort(t, port);
}

static void addVariable(titleText *t, const config *c, const char *program, bytes name) {
    if (bytesEqualWord(name, "title")) add(t, bytesOfText(program));
    if (bytesEqualWord(name, "listen-addr")) addListenAddr(t, c);
    if (bytesEqualWord(name, "server-mode") && configInt(c, "cluster-enabled"))
        add(t, BYTES("[cluster]"));
    if (bytesEqualWord(name, "port")) addPort(t, c->port);
    if (bytesEqualWord(name, "tls-port")) addPort(t, configInt(c, "tls-port"));
    if (bytesEqualWord(name, "unixsocket")) add(t, bytesOfText(c->unixsocket));
    if (bytesEqualWord(name, "config-file")) add(t, bytesOfText(configPath(c)));
}

size_t procTitleExpand(const config *c, const char *program, char *out, size_t room) {
    titleText t = {.out = out, .room = room};
    for (const char *at = c->proc_title_template; *at;) {
        const char *end = *at == '{' ? strchr(at, '}') : NULL;
        if (end)
            addVariable(&t, c, program, bytesOf(at + 1, (size_t)(end - at - 1)));
        else
            add(&t, bytesOf(at, 1));
        at = end ? end + 1 : at + 1;
    }
    while (t.size && out[t.size - 1] == ' ') t.size--;
    out[t.size] = '\0';
    return t.size;
}

void procTitleSet(const procTitle *t, const config *c) {
    enum { TITLE_MAX = 512 };
    char title[TITLE_MAX];
    if (!c->set_proc_title || t->size < 2) return;
    size_t size = procTitleExpand(c, t->program, title, sizeof title);
    if (size > t->size - 1) size = t->size - 1;
    memset(t->room, 0, t->size);
    memcpy(t->room, title, size);
    const char *name = strrchr(t->program, '/');
    prctl(PR_SET_NAME, name ? name + 1 : t->program);
}
