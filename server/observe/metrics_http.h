/* metrics_http.h - what metrics-port answers, without a socket: a request in, a response out.
 *
 *     GET /           a page for people (see metrics_page.html)
 *     GET /history    what the page draws, as JSON
 *     GET /metrics    Prometheus text
 *     GET /livez      200 while the process serves at all
 *     GET /readyz     200, or 503 while a dataset is loading
 *
 * Knows GET and HEAD of HTTP/1.x, nothing else: no body is read, no state is kept, each response
 * closes its connection. Whoever may connect may read; nothing can be changed. */
#ifndef EBB_SERVER_OBSERVE_METRICS_HTTP_H
#define EBB_SERVER_OBSERVE_METRICS_HTTP_H

#include "server/observe/info.h"

enum { METRICS_REQUEST_MAX = 8192 };

/* True once 'request' holds a whole head, or can become none any more (it is too long). */
bool metricsRequestIsWhole(bytes request);
/* Appends the response to such a request, its head included. */
void metricsAnswer(server *s, bytes request, infoText *out);

#endif
