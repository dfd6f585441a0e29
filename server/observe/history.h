/* history.h - the last minutes of a server, a sample a second: what the page of metrics-port draws.
 *
 * Costs nothing until historyStart(). Counters are kept as they stood, so that a reader takes
 * differences; percentiles are of the commands of one second. */
#ifndef EBB_SERVER_OBSERVE_HISTORY_H
#define EBB_SERVER_OBSERVE_HISTORY_H

#include "server/observe/info.h"

enum { HISTORY_SECONDS = 300 };

void historyStart(server *s); /* nothing if it was started */
void historyFree(server *s);  /* at the end of the server */

/* Appends everything the page shows, as one JSON object: "now", "samples" (oldest first),
 * "commands" (those that took most time first). */
void historyRender(server *s, infoText *t);

#endif
