#include "storage/base/rng.h"
#include "tests/support/reply_check.h"
#include "tests/support/suite.h"

START_TEST(writesWhatANaiveWriterWritesAndReadsItBack) {
    rng r;
    rngSeed(&r, suiteSeed());
    for (uint64_t round = suiteRounds(1500); round; round--) {
        uint8_t script[400];
        size_t size = 1 + rngBelow(&r, sizeof script);
        for (size_t i = 0; i < size; i++) script[i] = (uint8_t)rngNext(&r);
        replyCheckScript(script, size);
    }
}
END_TEST

START_TEST(readsGarbageWithoutHarm) {
    static const char types[] = "+-:$*_#,(!=%~>|0123456789\r\r\n\n\n";
    rng r;
    rngSeed(&r, suiteSeed());
    for (uint64_t round = suiteRounds(100000); round; round--) {
        uint8_t text[200];
        size_t size = rngBelow(&r, sizeof text);
        for (size_t i = 0; i < size; i++) {
            uint64_t any = rngNext(&r);
            text[i] = any & 0x300 ? (uint8_t)types[any % (sizeof types - 1)] : (uint8_t)(any >> 20);
            if (i && text[i - 1] == '\r') text[i] = '\n';
        }
        replyCheckRead(text, size);
    }
}
END_TEST

TESTS("replies", writesWhatANaiveWriterWritesAndReadsItBack, readsGarbageWithoutHarm)
