/* monitor.h - MONITOR: clients that are shown each command that runs.
 *
 * A command is shown when it has run, those of a transaction before their EXEC, those that wait
 * when they begin to. Not shown: administrative ones. Secrets are redacted. A monitor that does not
 * read is cut like a subscriber, by the limit of class pubsub. */
#ifndef EBB_SERVER_OBSERVE_MONITOR_H
#define EBB_SERVER_OBSERVE_MONITOR_H

#include "server/core/server.h"

void monitorAttach(server *s);
void monitorDetach(server *s);

/* The client is shown everything from now on; false if it was before. */
bool monitorBegin(client *c);
void monitorEnd(client *c);

/* Shows the command in c->argv: for scripts, which show themselves before what they call. */
void monitorShow(client *c, command *cmd);

#endif
