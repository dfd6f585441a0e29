/* reply_member.h - members of sets in replies. */
#ifndef EBB_SERVER_COMMANDS_REPLY_MEMBER_H
#define EBB_SERVER_COMMANDS_REPLY_MEMBER_H

#include "server/core/reply.h"
#include "storage/types/t_set.h"

/* A bulk string, whatever it is kept as. */
static inline void replyMember(client *c, setMember m) {
    if (m.text.data)
        replyBulk(c, m.text);
    else
        replyBulkInteger(c, m.number);
}

#endif
