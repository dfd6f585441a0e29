#include "server/session/message.h"

#include "server/core/reply.h"
#include "storage/base/ensure.h"

message messageBegin(server *s, const bytes *parts, int count) {
    message m = {.pool = &s->pool, .count = count};
    ensure(count <= MESSAGE_PARTS);
    for (int i = 0; i < count; i++) m.parts[i] = parts[i];
    return m;
}

/* All of 'text' in one piece. */
static blob *flatten(const replyBuf *text, size_t size) {
    struct iovec iov[4 * MESSAGE_PARTS];
    int count = replyBufPeek(text, iov, sizeof iov / sizeof iov[0], SIZE_MAX);
    blob *b = blobTryNew(size);
    if (!b) ensurePanic("out of memory for a message");
    size_t at = 0;
    for (int i = 0; i < count; i++) {
        memcpy(b->data + at, iov[i].iov_base, iov[i].iov_len);
        at += iov[i].iov_len;
    }
    ensure(at == size);
    return b;
}

static void encode(message *m, messageForm *form, int resp) {
    replyBuf *text = &form->text;
    replyBufInit(text, m->pool);
    respPush(text, resp, (size_t)m->count);
    for (int i = 0; i < m->count; i++) respBulk(text, m->parts[i]);
    size_t size = replyBufSize(text);
    struct iovec whole;
    if (size < REPLY_REFERENCE_MIN && replyBufPeek(text, &whole, 1, SIZE_MAX) == 1 &&
        whole.iov_len == size) {
        form->encoded = bytesOf(whole.iov_base, size);
        return;
    }
    form->shared = flatten(text, size);
    form->encoded = bytesOf(form->shared->data, size);
    replyBufClear(text);
}

static void release(void *owner) {
    blobRelease(owner);
}

void messageSend(message *m, client *to) {
    int resp = to->resp == 2 ? 2 : 3;
    messageForm *form = &m->forms[resp - 2];
    if (!form->encoded.data) encode(m, form, resp);
    replyPushBegin(to);
    if (form->encoded.size < REPLY_REFERENCE_MIN)
        replyRaw(to, form->encoded);
    else
        replyRawReference(to, form->encoded, release, blobHold(form->shared));
    replyPushEnd(to);
}

void messageEnd(message *m) {
    for (int i = 0; i < 2; i++) {
        if (m->forms[i].shared)
            blobRelease(m->forms[i].shared);
        else if (m->forms[i].encoded.data)
            replyBufClear(&m->forms[i].text);
    }
}
