/* metrics.h - the figures of INFO as Prometheus text, under the names that redis_exporter gives
 * them, so that dashboards and alerts made for it go on working.
 *
 * What INFO says is what is exported: a table maps its fields to names. Read-only. */
#ifndef EBB_SERVER_OBSERVE_METRICS_H
#define EBB_SERVER_OBSERVE_METRICS_H

#include "server/observe/info.h"

/* Appends all of it, in the text format 0.0.4. */
void metricsRender(server *s, infoText *t);

#endif
