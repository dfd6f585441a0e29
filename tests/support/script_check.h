/* script_check.h - runs scripts in a fake server and compares raw replies, "|" for line ends. */
#ifndef EBB_TESTS_SUPPORT_SCRIPT_CHECK_H
#define EBB_TESTS_SUPPORT_SCRIPT_CHECK_H

#include "tests/support/fake_server.h"

/* EVAL script 0; the reply with "|" for line ends, good until the next call. */
const char *scriptReply(fakeServer *f, const char *script);
void scriptExpect(fakeServer *f, const char *script, const char *wanted, const char *file, int at);
/* The reply must contain the text. */
void scriptExpectPart(fakeServer *f, const char *script, const char *part, const char *file,
                      int at);
#define RUN(script, wanted)     scriptExpect(f, script, wanted, __FILE__, __LINE__)
#define RUN_FAILS(script, part) scriptExpectPart(f, script, part, __FILE__, __LINE__)

#endif
