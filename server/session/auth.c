#include "server/session/auth.h"

#include "server/core/reply.h"

bool authPasswordIsSet(const server *s) {
    return s->config.requirepass.size > 0;
}

static void letIn(client *c) {
    c->flags |= CLIENT_AUTHENTICATED;
    gateSetLiveFor(c, GATE_AUTH, false);
}

bool authIsDone(const client *c) {
    return c->flags & CLIENT_AUTHENTICATED || !authPasswordIsSet(c->server);
}

static gateAnswer keepStrangersOut(client *c) {
    if (authIsDone(c)) {
        letIn(c); /* The password was taken away since it connected. */
        return GATE_PASS;
    }
    if (c->cmd->flags & CMD_NO_AUTH) return GATE_PASS;
    replyError(c, "NOAUTH Authentication required.");
    return GATE_REFUSED;
}

void authAttach(server *s) {
    gateSet(s, GATE_AUTH, keepStrangersOut);
}

/* The time depends on the size of what was given only, not on how much of it is right. */
static bool passwordsEqual(bytes given, bytes wanted) {
    volatile unsigned different = given.size != wanted.size;
    for (size_t i = 0; i < given.size; i++) {
        char other = wanted.data[i < wanted.size ? i : wanted.size - 1];
        different |= (unsigned char)(given.data[i] ^ other);
    }
    return !different;
}

bool authTry(client *c, bytes user, bytes password) {
    server *s = c->server;
    bool right = bytesEqual(user, BYTES("default"));
    if (authPasswordIsSet(s)) right &= passwordsEqual(password, s->config.requirepass);
    if (!right) {
        s->stats.acl_denied_auth++;
        return false;
    }
    letIn(c);
    return true;
}

void authReset(client *c) {
    bool stranger = authPasswordIsSet(c->server);
    if (!stranger) {
        letIn(c);
        return;
    }
    c->flags &= ~(uint32_t)CLIENT_AUTHENTICATED;
    gateSetLiveFor(c, GATE_AUTH, true);
}
