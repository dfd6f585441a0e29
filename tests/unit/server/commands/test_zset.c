#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;

static void setup(void) {
    f = fakeNew();
}
static void done(void) {
    fakeFree(f);
}

static void resp3(void) {
    fakeCall(f, "HELLO 3");
}

/* Members m0 ... below 'count' of the scores 0, 1 ...: more than a listpack keeps. */
static void addMany(const char *key, int count) {
    for (int i = 0; i < count; i++) fakeCallFormat(f, "ZADD %s %d m%d", key, i, i);
}

START_TEST(zaddCountsWhatIsNewAndWithChWhatChanged) {
    setup();
    CALL(f, "ZADD z 1 a 2 b", ":2|");
    CALL(f, "ZADD z 3 a 2 b 1 c", ":1|");
    CALL(f, "ZADD z CH 4 a 2 b 1 d", ":2|");
    CALL(f, "ZRANGE z 0 -1 WITHSCORES", "*8|$1|c|$1|1|$1|d|$1|1|$1|b|$1|2|$1|a|$1|4|");
    CALL(f, "ZCARD z", ":4|");
    done();
}
END_TEST

START_TEST(zaddObeysItsConditions) {
    setup();
    CALL(f, "ZADD z XX 1 a", ":0|");
    CALL(f, "EXISTS z", ":0|");
    CALL(f, "ZADD z 5 a", ":1|");
    CALL(f, "ZADD z NX CH 9 a 1 b", ":1|");
    CALL(f, "ZADD z GT CH 4 a", ":0|");
    CALL(f, "ZADD z LT CH 4 a", ":1|");
    CALL(f, "ZADD z GT CH 6 c", ":1|");
    CALL(f, "ZADD z XX INCR 1 nobody", "$-1|");
    CALL(f, "ZADD z GT INCR -1 a", "$-1|");
    CALL(f, "ZADD z INCR 1.5 a", "$3|5.5|");
    CALL(f, "ZINCRBY z -0.5 a", "$1|5|");
    done();
}
END_TEST

START_TEST(zaddRefusesWhatContradictsItself) {
    setup();
    CALL(f, "ZADD z 1", "-ERR wrong number of arguments for 'zadd' command|");
    CALL(f, "ZADD z 1 a 2", "-ERR syntax error|");
    CALL(f, "ZADD z nx xx 1 a", "-ERR XX and NX options at the same time are not compatible|");
    CALL(f, "ZADD z nx gt 1 a",
         "-ERR GT, LT, and/or NX options at the same time are not compatible|");
    CALL(f, "ZADD z incr 1 a 2 b", "-ERR INCR option supports a single increment-element pair|");
    CALL(f, "ZADD z 1 a nan b", "-ERR value is not a valid float|");
    CALL(f, "EXISTS z", ":0|");
    CALL(f, "ZADD z inf a", ":1|");
    CALL(f, "ZINCRBY z -inf a", "-ERR resulting score is not a number (NaN)|");
    CALL(f, "ZSCORE z a", "$3|inf|");
    CALL(f, "SET s v", "+OK|");
#define WRONG_TYPE "-WRONGTYPE Operation against a key holding the wrong kind of value|"
    CALL(f, "ZADD s 1 a", WRONG_TYPE);
    CALL(f, "ZRANGE s 0 1", WRONG_TYPE);
    CALL(f, "ZUNION 1 s", WRONG_TYPE);
    CALL(f, "ZPOPMIN s", WRONG_TYPE);
    done();
}
END_TEST

START_TEST(formsChangeWhereTheConfigSays) {
    setup();
    addMany("z", 128);
    CALL(f, "OBJECT ENCODING z", "$8|listpack|");
    CALL(f, "ZADD z 1 m1 2 another", ":1|");
    CALL(f, "OBJECT ENCODING z", "$8|skiplist|");
    CALL(f, "ZRANGESTORE small z 0 3", ":4|");
    CALL(f, "OBJECT ENCODING small", "$8|listpack|");
    CALL(f, "CONFIG SET zset-max-listpack-value 5", "+OK|");
    CALL(f, "ZADD small 1 123456", ":1|");
    CALL(f, "OBJECT ENCODING small", "$8|skiplist|");
    CALL(f, "CONFIG SET zset-max-listpack-entries 0", "+OK|");
    CALL(f, "ZADD one 1 a", ":1|");
    CALL(f, "OBJECT ENCODING one", "$8|skiplist|");
    done();
}
END_TEST

START_TEST(scoresPrintAsShortAsTheyMay) {
    setup();
    CALL(f, "ZADD z 0.1 a 1e20 b -inf c 3.0 d -0 e 17179869184 f", ":6|");
    CALL(f, "ZMSCORE z a b c d e f x", "*7|$3|0.1|$5|1e+20|$4|-inf|$1|3|$1|0|$11|17179869184|$-1|");
    CALL(
        f, "ZUNION 1 z WEIGHTS -1 WITHSCORES",
        "*12|$1|b|$6|-1e+20|$1|f|$12|-17179869184|$1|d|$2|-3|$1|a|$4|-0.1|$1|e|$2|-0|$1|c|$3|inf|");
    CALL(f, "CONFIG SET zset-max-listpack-entries 0", "+OK|");
    CALL(f, "ZADD big -0 a", ":1|");
    CALL(f, "ZSCORE big a", "$2|-0|");
    resp3();
    CALL(f, "ZMSCORE z a c x", "*3|,0.1|,-inf|_|");
    CALL(f, "ZSCORE z b", ",1e+20|");
    done();
}
END_TEST

START_TEST(pairsNestInResp3Only) {
    setup();
    CALL(f, "ZADD z 1 a 2 b 3 c 4 d", ":4|");
    CALL(f, "ZRANGE z 0 0 WITHSCORES", "*2|$1|a|$1|1|");
    CALL(f, "ZMPOP 1 z MIN", "*2|$1|z|*1|*2|$1|a|$1|1|");
    resp3();
    CALL(f, "ZRANGE z 0 1 WITHSCORES", "*2|*2|$1|b|,2|*2|$1|c|,3|");
    CALL(f, "ZUNION 1 z WITHSCORES", "*3|*2|$1|b|,2|*2|$1|c|,3|*2|$1|d|,4|");
    CALL(f, "ZSCAN z 0", "*2|$1|0|*6|$1|b|$1|2|$1|c|$1|3|$1|d|$1|4|");
    CALL(f, "ZPOPMIN z", "*2|$1|b|,2|");
    CALL(f, "ZPOPMIN z 1", "*1|*2|$1|c|,3|");
    CALL(f, "ZMPOP 2 none z MAX COUNT 5", "*2|$1|z|*1|*2|$1|d|,4|");
    CALL(f, "ZMPOP 2 none z MAX", "_|");
    done();
}
END_TEST

START_TEST(rangesByRankCountFromBothEnds) {
    setup();
    CALL(f, "ZADD z 1 a 2 b 3 c 4 d", ":4|");
    CALL(f, "ZRANGE z 1 -2", "*2|$1|b|$1|c|");
    CALL(f, "ZRANGE z 1 2 REV", "*2|$1|c|$1|b|");
    CALL(f, "ZREVRANGE z 0 0 WITHSCORES", "*2|$1|d|$1|4|");
    CALL(f, "ZRANGE z 3 1", "*0|");
    CALL(f, "ZRANGE z -100 100 LIMIT 0 1",
         "-ERR syntax error, LIMIT is only supported in combination with either BYSCORE or "
         "BYLEX|");
    CALL(f, "ZRANGE none 0 -1", "*0|");
    done();
}
END_TEST

START_TEST(rangesByScoreLeaveOutWhatTheySay) {
    setup();
    CALL(f, "ZADD z 1 a 2 b 2 c 3 d", ":4|");
    CALL(f, "ZRANGE z (1 3 BYSCORE LIMIT 1 2", "*2|$1|c|$1|d|");
    CALL(f, "ZRANGE z (3 -inf BYSCORE REV LIMIT 0 2", "*2|$1|c|$1|b|");
    CALL(f, "ZRANGEBYSCORE z 2 (3 WITHSCORES", "*4|$1|b|$1|2|$1|c|$1|2|");
    CALL(f, "ZREVRANGEBYSCORE z +inf (2", "*1|$1|d|");
    CALL(f, "ZRANGEBYSCORE z 1 3 LIMIT -1 2", "*0|");
    CALL(f, "ZCOUNT z (1 (3", ":2|");
    CALL(f, "ZCOUNT z 1 x", "-ERR min or max is not a float|");
    CALL(f, "ZREMRANGEBYSCORE z 2 2", ":2|");
    CALL(f, "ZRANGE z 0 -1", "*2|$1|a|$1|d|");
    done();
}
END_TEST

START_TEST(rangesByNameAreOpenClosedOrEndless) {
    setup();
    CALL(f, "ZADD z 0 a 0 b 0 c 0 d", ":4|");
    CALL(f, "ZRANGE z [b + BYLEX", "*3|$1|b|$1|c|$1|d|");
    CALL(f, "ZRANGEBYLEX z (a (c", "*1|$1|b|");
    CALL(f, "ZREVRANGEBYLEX z + - LIMIT 1 2", "*2|$1|c|$1|b|");
    CALL(f, "ZLEXCOUNT z - (d", ":3|");
    CALL(f, "ZLEXCOUNT z + -", ":0|");
    CALL(f, "ZRANGEBYLEX z a c", "-ERR min or max not valid string range item|");
    CALL(f, "ZREMRANGEBYLEX z [b [c", ":2|");
    CALL(f, "ZRANGE z 0 -1", "*2|$1|a|$1|d|");
    /* Names that ascend with their scores are found as well, in either form. */
    addMany("n", 10);
    CALL(f, "ZRANGE n [m3 (m5 BYLEX", "*2|$2|m3|$2|m4|");
    for (int i = 0; i < 200; i++) fakeCallFormat(f, "ZADD w %d w%03d", i, i);
    CALL(f, "ZRANGE w [w150 (w152 BYLEX", "*2|$4|w150|$4|w151|");
    CALL(f, "ZLEXCOUNT w (w009 [w012", ":3|");
    done();
}
END_TEST

START_TEST(ranksTellTheirScoreWhereAsked) {
    setup();
    CALL(f, "ZADD z 1 a 2 b 3 c", ":3|");
    CALL(f, "ZRANK z b", ":1|");
    CALL(f, "ZREVRANK z a", ":2|");
    CALL(f, "ZRANK z c WITHSCORE", "*2|:2|$1|3|");
    CALL(f, "ZRANK z x", "$-1|");
    CALL(f, "ZRANK z x WITHSCORE", "*-1|");
    CALL(f, "ZRANK z a WITHSCORES", "-ERR syntax error|");
    done();
}
END_TEST

START_TEST(algebraWeighsAndAggregates) {
    setup();
    CALL(f, "ZADD x 1 a 2 b", ":2|");
    CALL(f, "ZADD y 10 b 20 c", ":2|");
    CALL(f, "SADD s b z", ":2|");
    CALL(f, "ZUNION 2 x y WITHSCORES", "*6|$1|a|$1|1|$1|b|$2|12|$1|c|$2|20|");
    CALL(f, "ZUNION 3 x y s WEIGHTS 2 1 100 AGGREGATE MAX WITHSCORES",
         "*8|$1|a|$1|2|$1|c|$2|20|$1|b|$3|100|$1|z|$3|100|");
    CALL(f, "ZINTER 3 x y s WITHSCORES", "*2|$1|b|$2|13|");
    CALL(f, "ZDIFF 2 x s WITHSCORES", "*2|$1|a|$1|1|");
    CALL(f, "ZINTERCARD 2 x y LIMIT 5", ":1|");
    CALL(f, "ZUNION 3 x y s AGGREGATE COUNT WITHSCORES",
         "*8|$1|a|$1|1|$1|c|$1|1|$1|z|$1|1|$1|b|$1|3|");
    CALL(f, "ZINTER 2 x y WEIGHTS 2 5 AGGREGATE COUNT WITHSCORES", "*2|$1|b|$1|7|");
    CALL(f, "ZUNIONSTORE x 2 x none", ":2|");
    CALL(f, "ZINTERSTORE x 2 x none", ":0|");
    CALL(f, "EXISTS x", ":0|");
    CALL(f, "ZADD i inf a", ":1|");
    CALL(f, "ZADD j -inf a", ":1|");
    CALL(f, "ZUNION 2 i j WITHSCORES", "*2|$1|a|$1|0|");
    CALL(f, "ZUNION 1 i WEIGHTS 0 WITHSCORES", "*2|$1|a|$1|0|");
    done();
}
END_TEST

START_TEST(algebraRefusesWhatItIsNotGiven) {
    setup();
    CALL(f, "ZUNION 0 x", "-ERR at least 1 input key is needed for 'zunion' command|");
    CALL(f, "ZUNIONSTORE d 3 x y", "-ERR syntax error|");
    CALL(f, "ZUNION 1 x WEIGHTS", "-ERR syntax error|");
    CALL(f, "ZUNION 1 x WEIGHTS y", "-ERR weight value is not a float|");
    CALL(f, "ZDIFF 1 x WEIGHTS 1", "-ERR syntax error|");
    CALL(f, "ZUNIONSTORE d 1 x WITHSCORES", "-ERR syntax error|");
    CALL(f, "ZINTERCARD 1 x LIMIT -1", "-ERR LIMIT can't be negative|");
    CALL(f, "ZMPOP 0 x MIN", "-ERR numkeys should be greater than 0|");
    CALL(f, "ZMPOP 1 x MIN COUNT 0", "-ERR count should be greater than 0|");
    CALL(f, "ZPOPMIN x -1", "-ERR value is out of range, must be positive|");
    done();
}
END_TEST

START_TEST(eventsAreThoseOfTheOldServer) {
    setup();
    fakeRecordEvents(f, NOTIFY_ALL);
    fakeCall(f, "ZADD z 1 a 2 b 3 c 4 d");
    fakeCall(f, "ZADD z 1 a");
    fakeCall(f, "ZINCRBY z 0 a");
    fakeCall(f, "ZINCRBY z 1 a");
    ck_assert_str_eq(fakeEvents(f), "zadd:z zincr:z");
    fakeCall(f, "ZREM z a nobody");
    fakeCall(f, "ZREM z nobody");
    fakeCall(f, "ZREMRANGEBYRANK z 0 0");
    fakeCall(f, "ZREMRANGEBYSCORE z 0 0");
    fakeCall(f, "ZUNIONSTORE u 1 z");
    fakeCall(f, "ZRANGESTORE r z 0 -1");
    ck_assert_str_eq(fakeEvents(f), "zrem:z zremrangebyrank:z zunionstore:u zrangestore:r");
    fakeCall(f, "ZPOPMIN z");
    fakeCall(f, "ZPOPMAX z 5");
    fakeCall(f, "ZREMRANGEBYLEX u - +");
    fakeCall(f, "ZDIFFSTORE r 2 r r");
    ck_assert_str_eq(fakeEvents(f), "zpopmin:z zpopmax:z del:z zremrangebylex:u del:u del:r");
    done();
}
END_TEST

START_TEST(storeReplacesWhateverIsThere) {
    setup();
    fakeRecordEvents(f, NOTIFY_ALL | NOTIFY_NEW | NOTIFY_OVERWRITTEN | NOTIFY_TYPE_CHANGED);
    CALL(f, "ZADD z 1 a", ":1|");
    CALL(f, "SET d v EX 100", "+OK|");
    fakeEvents(f);
    CALL(f, "ZUNIONSTORE d 1 z", ":1|");
    ck_assert_str_eq(fakeEvents(f), "overwritten:d type_changed:d zunionstore:d");
    CALL(f, "TTL d", ":-1|");
    CALL(f, "ZUNIONSTORE n 1 z", ":1|");
    ck_assert_str_eq(fakeEvents(f), "new:n zunionstore:n");
    done();
}
END_TEST

START_TEST(randomMembersAreDifferentOrDrawnAgain) {
    setup();
    CALL(f, "ZRANDMEMBER z", "$-1|");
    CALL(f, "ZRANDMEMBER z 5", "*0|");
    CALL(f, "ZADD z 1 a", ":1|");
    CALL(f, "ZRANDMEMBER z", "$1|a|");
    CALL(f, "ZRANDMEMBER z 3 WITHSCORES", "*2|$1|a|$1|1|");
    CALL(f, "ZRANDMEMBER z -3", "*3|$1|a|$1|a|$1|a|");
    CALL(f, "ZRANDMEMBER z -9223372036854775807", "-ERR value is out of range|");
    CALL(f, "ZRANDMEMBER z 9223372036854775807 WITHSCORES", "-ERR value is out of range|");
    resp3();
    CALL(f, "ZRANDMEMBER z -2 WITHSCORES", "*2|*2|$1|a|,1|*2|$1|a|,1|");
    done();
}
END_TEST

START_TEST(zscanGoesRoundALargeSet) {
    setup();
    addMany("z", 1000);
    unsigned long long cursor = 0;
    size_t members = 0;
    do {
        const char *reply = fakeCallFormat(f, "ZSCAN z %llu COUNT 100 MATCH m*", cursor);
        int count = 0, offset = 0;
        ck_assert_int_ge(sscanf(reply, "*2\r\n$%*d\r\n%llu\r\n*%d%n", &cursor, &count, &offset), 2);
        members += (size_t)count / 2;
    } while (cursor);
    ck_assert_uint_ge(members, 1000);
    CALL(f, "ZSCAN z 0 COUNT 2000 MATCH m77", "*2|$1|0|*2|$3|m77|$2|77|");
    CALL(f, "ZSCAN z x", "-ERR invalid cursor|");
    CALL(f, "ZSCAN none 0", "*2|$1|0|*0|");
    done();
}
END_TEST

START_TEST(blockedClientsAreServedByZadd) {
    setup();
    client *waiter = fakeClient(f);
    ck_assert_str_eq(fakeCallAs(f, waiter, "BZPOPMIN a b 0"), "");
    CALL(f, "ZADD b 2 y 1 x", ":2|");
    ck_assert_str_eq(fakeTake(f, waiter, NULL), "*3\r\n$1\r\nb\r\n$1\r\nx\r\n$1\r\n1\r\n");
    ck_assert_str_eq(fakeCallAs(f, waiter, "BZMPOP 0 2 a c MAX COUNT 10"), "");
    CALL(f, "ZUNIONSTORE c 1 b", ":1|");
    ck_assert_str_eq(fakeTake(f, waiter, NULL),
                     "*2\r\n$1\r\nc\r\n*1\r\n*2\r\n$1\r\ny\r\n$1\r\n2\r\n");
    CALL(f, "EXISTS c", ":0|");
    CALL(f, "BZPOPMAX b 0", "*3|$1|b|$1|y|$1|2|");
    CALL(f, "BZPOPMAX b x", "-ERR timeout is not a float or out of range|");
    done();
}
END_TEST

TESTS("zset", zaddCountsWhatIsNewAndWithChWhatChanged, zaddObeysItsConditions,
      zaddRefusesWhatContradictsItself, formsChangeWhereTheConfigSays, scoresPrintAsShortAsTheyMay,
      pairsNestInResp3Only, rangesByRankCountFromBothEnds, rangesByScoreLeaveOutWhatTheySay,
      rangesByNameAreOpenClosedOrEndless, ranksTellTheirScoreWhereAsked, algebraWeighsAndAggregates,
      algebraRefusesWhatItIsNotGiven, eventsAreThoseOfTheOldServer, storeReplacesWhateverIsThere,
      randomMembersAreDifferentOrDrawnAgain, zscanGoesRoundALargeSet, blockedClientsAreServedByZadd)
