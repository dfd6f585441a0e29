#include "server/observe/metrics_http.h"

#include <stdio.h>

#include "server/observe/history.h"
#include "server/observe/metrics.h"
#include "server/observe/metrics_page.h"

static void livez(server *s, infoText *t) {
    (void)s;
    infoAppend(t, BYTES("ok\n"));
}

static void page(server *s, infoText *t) {
    (void)s;
    infoAppend(t, metricsPage());
}

static bool isReady(const server *s) {
    (void)s; /* There is nothing to load so far. */
    return true;
}

static void readyz(server *s, infoText *t) {
    infoAppend(t, isReady(s) ? BYTES("ok\n") : BYTES("loading\n"));
}

typedef struct resource {
    const char *path, *type;
    void (*write)(server *s, infoText *t);
    bool needs_ready;
} resource;

static const resource resources[] = {
    {"/", "text/html; charset=utf-8", page, false},
    {"/history", "application/json", historyRender, false},
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", metricsRender, false},
    {"/livez", "text/plain; charset=utf-8", livez, false},
    {"/readyz", "text/plain; charset=utf-8", readyz, true},
};

bool metricsRequestIsWhole(bytes request) {
    if (request.size >= METRICS_REQUEST_MAX) return true;
    return memmem(request.data, request.size, "\r\n\r\n", 4) ||
           memmem(request.data, request.size, "\n\n", 2);
}

/* The page loads nothing from elsewhere, and nobody may frame it. */
static void respond(infoText *out, const char *status, const char *type, bytes body,
                    bool with_body) {
    char head[512];
    int size = snprintf(head, sizeof head,
                        "HTTP/1.1 %s\r\n"
                        "Content-Type: %s\r\n"
                        "Content-Length: %zu\r\n"
                        "Cache-Control: no-store\r\n"
                        "X-Content-Type-Options: nosniff\r\n"
                        "Content-Security-Policy: default-src 'none'; script-src 'unsafe-inline'; "
                        "style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'\r\n"
                        "Connection: close\r\n"
                        "\r\n",
                        status, type, body.size);
    infoAppend(out, bytesOf(head, (size_t)size));
    if (with_body) infoAppend(out, body);
}

static void refuse(infoText *out, const char *status, bool with_body) {
    char body[128];
    int size = snprintf(body, sizeof body, "%s\n", status);
    respond(out, status, "text/plain; charset=utf-8", bytesOf(body, (size_t)size), with_body);
}

/* The next word of the request line, ended by a space. False if there is none. */
static bool takeWord(bytes *line, bytes *word) {
    const char *space = memchr(line->data, ' ', line->size);
    if (!space || space == line->data) return false;
    *word = bytesOf(line->data, (size_t)(space - line->data));
    *line = bytesOf(space + 1, line->size - word->size - 1);
    return true;
}

static const resource *find(bytes path) {
    const char *query = memchr(path.data, '?', path.size);
    if (query) path.size = (size_t)(query - path.data);
    for (size_t i = 0; i < sizeof resources / sizeof resources[0]; i++)
        if (bytesEqual(path, bytesOfText(resources[i].path))) return &resources[i];
    return NULL;
}

void metricsAnswer(server *s, bytes request, infoText *out) {
    const char *end = memchr(request.data, '\n', request.size);
    bytes line = bytesOf(request.data, end ? (size_t)(end - request.data) : 0);
    bytes method, path;
    if (request.size >= METRICS_REQUEST_MAX) {
        refuse(out, "431 Request Header Fields Too Large", true);
        return;
    }
    if (!takeWord(&line, &method) || !takeWord(&line, &path) || line.size < 8 ||
        memcmp(line.data, "HTTP/1.", 7) != 0) {
        refuse(out, "400 Bad Request", true);
        return;
    }
    bool is_head = bytesEqual(method, BYTES("HEAD"));
    if (!is_head && !bytesEqual(method, BYTES("GET"))) {
        refuse(out, "405 Method Not Allowed", true);
        return;
    }
    const resource *r = find(path);
    if (!r) {
        refuse(out, "404 Not Found", !is_head);
        return;
    }
    infoText body = {0};
    r->write(s, &body);
    const char *status = r->needs_ready && !isReady(s) ? "503 Service Unavailable" : "200 OK";
    respond(out, status, r->type, bytesOf(body.data, body.size), !is_head);
    infoTextClear(&body);
}
