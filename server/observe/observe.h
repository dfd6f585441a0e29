/* observe.h - who looks at what runs: SLOWLOG, the latency monitor, histograms, MONITOR and
 * HOTKEYS put into the server's observer, with the thresholds of the configuration. */
#ifndef EBB_SERVER_OBSERVE_OBSERVE_H
#define EBB_SERVER_OBSERVE_OBSERVE_H

#include "server/core/server.h"

/* Sets s->slowlog, s->latency, s->monitors, s->hotkeys and the observer. */
void observeAttach(server *s);
void observeDetach(server *s);

/* Takes the thresholds over; slowlog-log-slower-than, latency-monitor-threshold or latency-tracking
 * changed. */
void observeRefresh(server *s);

#endif
