/* metrics_page.h - metrics_page.html as bytes: one page that needs nothing from elsewhere. The
 * build makes the bytes from the file. */
#ifndef EBB_SERVER_OBSERVE_METRICS_PAGE_H
#define EBB_SERVER_OBSERVE_METRICS_PAGE_H

#include "storage/base/bytes.h"

bytes metricsPage(void);

#endif
