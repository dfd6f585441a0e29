/* auth.h - who a client is: requirepass, and the gate that keeps strangers out.
 *
 * There is one user, "default", with the password of requirepass or none. A client that may do
 * everything carries CLIENT_AUTHENTICATED and costs nothing; the gate is live only for the others.
 * Knows no commands: AUTH and HELLO say what they were told. */
#ifndef EBB_SERVER_SESSION_AUTH_H
#define EBB_SERVER_SESSION_AUTH_H

#include "server/core/server.h"

/* Sets the gate. */
void authAttach(server *s);

/* True if requirepass is set. */
bool authPasswordIsSet(const server *s);
/* True if the client may run commands: it gave the password, or there is none (any more). */
bool authIsDone(const client *c);
/* Lets the client in if the password is right; without one any is. Where it is wrong nothing
 * changes and the denial is counted. Takes as long for a wrong password as for the right one. */
bool authTry(client *c, bytes user, bytes password);
/* As a new connection: RESET. */
void authReset(client *c);

#endif
