/* What followers are told of each command that writes, word by word, and that it makes the same
 * data there. */
#include <ctype.h>

#include "server/core/command.h"
#include "tests/support/fake_peer.h"
#include "tests/support/follower.h"
#include "tests/support/suite.h"

typedef struct row {
    const char *before; /* commands, separated by ';'; "!10" lets ten milliseconds pass */
    const char *request;
    const char *after; /* of another client, while the first one waits */
    const char *told;  /* of the request and what follows, as followerTold() has it */
} row;

#define STREAM "XADD x 1 f 1;XADD x 2 f 1;XADD x 3 f 1;XGROUP CREATE x g 0"
#define READ   STREAM ";XREADGROUP GROUP g c COUNT 2 STREAMS x >"
/* What DUMP says of the string 123. */
#define DUMPED "\\x00\\xc0{\\x0a\\x00H\\xe2S\\xe1\\x00zg\\xb9"

/* A library, and as followerTold() shows it. */
#define LIBRARY                                                                                    \
    "\"#!lua name=lib\\nredis.register_function('f', function(k) "                                 \
    "return redis.call('SET', k[1], 1) end)\""
#define LIBRARY_TOLD                                                                               \
    "#!lua name=lib\\x0aredis.register_function('f', function(k) "                                 \
    "return redis.call('SET', k[1], 1) end)"
/* What FUNCTION DUMP says of none. */
#define NO_FUNCTIONS "\\x0a\\x00]\\x9b\\x5c@\\x0f\\x7f\\xa2\\xda"

static const row rows[] = {
    /* ---- strings ---- */
    {"", "SET a 1", "", "0:SET a 1;"},
    {"", "SET a 1 EX 10", "", "0:SET a 1 PXAT 1700000010000;"},
    {"", "SET a 1 PXAT 1700000000500 NX", "", "0:SET a 1 PXAT 1700000000500;"},
    {"", "SET a 1 KEEPTTL", "", "0:SET a 1 KEEPTTL;"},
    {"SET a 1", "SET a 2 GET", "", "0:SET a 2 GET;"},
    {"SET a 1", "SET a 2 IFEQ 1", "", "0:SET a 2 IFEQ 1;"},
    {"SET a 1", "SET a 2 NX", "", ""},
    {"", "SETNX a 1", "", "0:SETNX a 1;"},
    {"", "SETEX a 10 1", "", "0:SET a 1 PXAT 1700000010000;"},
    {"", "PSETEX a 10 1", "", "0:SET a 1 PXAT 1700000000010;"},
    {"SET a 1", "GETSET a 2", "", "0:SET a 2;"},
    {"", "MSET a 1 b 2", "", "0:MSET a 1 b 2;"},
    {"", "MSETNX a 1 b 2", "", "0:MSETNX a 1 b 2;"},
    {"", "MSETEX 2 a 1 b 2 NX EX 10", "", "0:MSETEX 2 a 1 b 2 PXAT 1700000010000;"},
    {"", "MSETEX 1 a 1 KEEPTTL", "", "0:MSETEX 1 a 1 KEEPTTL;"},
    {"", "APPEND a x", "", "0:APPEND a x;"},
    {"SET a 1", "GETDEL a", "", "0:DEL a;"},
    {"", "GETDEL a", "", ""},
    {"SET a 1", "GETEX a PX 5", "", "0:PEXPIREAT a 1700000000005;"},
    {"SET a 1 EX 10", "GETEX a PERSIST", "", "0:PERSIST a;"},
    {"SET a 1", "GETEX a PXAT 1", "", "0:DEL a;"},
    {"SET a 1", "GETEX a", "", ""},
    {"", "INCR a", "", "0:INCR a;"},
    {"", "DECR a", "", "0:DECR a;"},
    {"", "INCRBY a 5", "", "0:INCRBY a 5;"},
    {"", "DECRBY a 5", "", "0:DECRBY a 5;"},
    {"SET a 1 EX 100", "INCRBYFLOAT a 0.5", "", "0:SET a 1.5 KEEPTTL;"},
    {"SET a 1 EX 100", "INCREX a BYINT 2", "", "0:SET a 3 PXAT 1700000100000;"},
    {"SET a 1", "INCREX a BYFLOAT 0.5 EX 10", "", "0:SET a 1.5 PXAT 1700000010000;"},
    {"SET a 1", "INCREX a UBOUND 1", "", ""},
    {"", "SETRANGE a 2 x", "", "0:SETRANGE a 2 x;"},
    {"SET a 1", "DELEX a IFEQ 1", "", "0:DEL a;"},
    {"SET a 1", "DELEX a IFEQ 2", "", ""},
    {"", "SETBIT a 3 1", "", "0:SETBIT a 3 1;"},
    {"SET a 1", "BITOP NOT b a", "", "0:BITOP NOT b a;"},
    {"", "BITFIELD a SET u8 0 1 GET u8 0", "", "0:BITFIELD a SET u8 0 1 GET u8 0;"},
    {"", "BITFIELD a GET u8 0", "", ""},
    /* ---- HyperLogLogs ---- */
    {"", "PFADD p x", "", "0:PFADD p x;"},
    {"PFADD p x", "PFADD p x", "", ""},
    {"PFADD p x", "PFCOUNT p", "", "0:PFCOUNT p;"},
    {"PFADD p x;PFCOUNT p", "PFCOUNT p", "", ""},
    {"PFADD p x", "PFMERGE q p", "", "0:PFMERGE q p;"},
    {"PFADD p x", "PFDEBUG TODENSE p", "", "0:PFDEBUG TODENSE p;"},
    /* ---- keys ---- */
    {"SET a 1", "DEL a b", "", "0:DEL a b;"},
    {"SET a 1", "UNLINK a", "", "0:UNLINK a;"},
    {"", "DEL a", "", ""},
    {"SET a 1", "EXPIRE a 10", "", "0:PEXPIREAT a 1700000010000;"},
    {"SET a 1", "PEXPIRE a 10 NX", "", "0:PEXPIREAT a 1700000000010;"},
    {"SET a 1", "EXPIREAT a 1700000100", "", "0:PEXPIREAT a 1700000100000;"},
    {"SET a 1", "PEXPIREAT a 1700000000500", "", "0:PEXPIREAT a 1700000000500;"},
    {"SET a 1", "EXPIRE a 0", "", "0:DEL a;"},
    {"SET a 1;CONFIG SET lazyfree-lazy-expire yes", "PEXPIREAT a 1", "", "0:UNLINK a;"},
    {"SET a 1 EX 10", "PERSIST a", "", "0:PERSIST a;"},
    {"SET a 1", "RENAME a b", "", "0:RENAME a b;"},
    {"SET a 1", "RENAMENX a b", "", "0:RENAMENX a b;"},
    {"SET a 1", "COPY a b DB 2", "", "0:COPY a b DB 2;"},
    {"SET a 1", "MOVE a 2", "", "0:MOVE a 2;"},
    {"SET a 1 PX 5;!10", "RENAME b c", "", ""},
    {"SET a 1 PX 5;SET b 1;!10", "RENAME b a", "", "-1:MULTI;0:DEL a;0:RENAME b a;-1:EXEC;"},
    {"RPUSH l 3 1 2", "SORT l STORE m", "", "0:SORT l STORE m;"},
    {"RPUSH l 3 1 2", "SORT l", "", ""},
    {"SET a 1", "RESTORE b 10 \"" DUMPED "\"", "", "0:RESTORE b 1700000000010 " DUMPED " ABSTTL;"},
    {"SET a 1", "RESTORE b 1700000000500 \"" DUMPED "\" ABSTTL", "",
     "0:RESTORE b 1700000000500 " DUMPED " ABSTTL;"},
    {"SET a 1", "RESTORE b 0 \"" DUMPED "\"", "", "0:RESTORE b 0 " DUMPED ";"},
    {"MSET a 1 b 2 c 3", "MIGRATE h 1 \"\" 0 9 KEYS a x b c", "", "0:DEL a c;"},
    {"SET a 1", "MIGRATE h 1 a 0 9 COPY", "", ""},
    {"SET a 1", "RESTORE a 5 \"" DUMPED "\" REPLACE IDLETIME 7", "",
     "0:RESTORE a 1700000000005 " DUMPED " ABSTTL REPLACE IDLETIME 7;"},
    {"SET a 1", "RESTORE a 5 \"" DUMPED "\" ABSTTL REPLACE", "", "0:DEL a;"},
    {"SET a 1;CONFIG SET lazyfree-lazy-server-del yes", "RESTORE a 5 \"" DUMPED "\" ABSTTL REPLACE",
     "", "0:UNLINK a;"},
    {"SET a 1", "RESTORE-ASKING b 10 \"" DUMPED "\"", "",
     "0:RESTORE b 1700000000010 " DUMPED " ABSTTL;"},
    {"", "FLUSHDB", "", "0:FLUSHDB;"},
    {"SET a 1", "FLUSHALL ASYNC", "", "0:FLUSHALL ASYNC;"},
    {"SET a 1", "SWAPDB 0 1", "", "0:SWAPDB 0 1;"},
    /* ---- lists ---- */
    {"", "LPUSH l 1 2", "", "0:LPUSH l 1 2;"},
    {"", "RPUSH l 1 2", "", "0:RPUSH l 1 2;"},
    {"LPUSH l 1", "LPUSHX l 2", "", "0:LPUSHX l 2;"},
    {"LPUSH l 1", "RPUSHX l 2", "", "0:RPUSHX l 2;"},
    {"", "RPUSHX l 2", "", ""},
    {"LPUSH l 1 2", "LPOP l", "", "0:LPOP l;"},
    {"LPUSH l 1 2", "RPOP l 5", "", "0:RPOP l 5;"},
    {"LPUSH l 1 2", "LSET l 0 x", "", "0:LSET l 0 x;"},
    {"LPUSH l 1 2", "LTRIM l 0 0", "", "0:LTRIM l 0 0;"},
    {"LPUSH l 1 2", "LINSERT l BEFORE 1 x", "", "0:LINSERT l BEFORE 1 x;"},
    {"LPUSH l 1 2", "LREM l 0 1", "", "0:LREM l 0 1;"},
    {"LPUSH l 1 2", "LMOVE l m LEFT RIGHT", "", "0:LMOVE l m LEFT RIGHT;"},
    {"LPUSH l 1 2", "RPOPLPUSH l m", "", "0:RPOPLPUSH l m;"},
    {"LPUSH l 1 2", "LMOVEM l m LEFT RIGHT COUNT 5 BULK", "",
     "0:LMOVEM l m LEFT RIGHT COUNT 2 BULK;"},
    {"LPUSH l 1 2", "LMPOP 2 k l LEFT COUNT 5", "", "0:LPOP l 2;"},
    {"LPUSH l 1 2", "BLPOP k l 0", "", "0:LPOP l;"},
    {"LPUSH l 1 2", "BRPOP k l 0", "", "0:RPOP l;"},
    {"LPUSH l 1 2", "BLMPOP 0 2 k l RIGHT", "", "0:RPOP l 1;"},
    {"LPUSH l 1 2", "BLMOVE l m LEFT RIGHT 0", "", "0:LMOVE l m LEFT RIGHT;"},
    {"LPUSH l 1 2", "BRPOPLPUSH l m 0", "", "0:RPOPLPUSH l m;"},
    {"LPUSH l 1 2", "BLMOVEM l m LEFT RIGHT 0 EXACTLY 2 OBO", "",
     "0:LMOVEM l m LEFT RIGHT COUNT 2 OBO;"},
    {"", "BLPOP k l 0", "RPUSH l 1 2", "0:RPUSH l 1 2;0:LPOP l;"},
    {"", "BLMPOP 0 2 k l LEFT COUNT 9", "RPUSH l 1 2", "0:RPUSH l 1 2;0:LPOP l 2;"},
    {"", "BLMOVE l m LEFT RIGHT 0", "RPUSH l 1", "0:RPUSH l 1;0:LMOVE l m LEFT RIGHT;"},
    {"", "BRPOPLPUSH l m 0", "RPUSH l 1", "0:RPUSH l 1;0:RPOPLPUSH l m;"},
    {"", "BLMOVEM l m LEFT RIGHT 0 COUNT 5 BULK", "RPUSH l 1 2",
     "0:RPUSH l 1 2;0:LMOVEM l m LEFT RIGHT COUNT 2 BULK;"},
    /* ---- hashes ---- */
    {"", "HSET h f 1", "", "0:HSET h f 1;"},
    {"", "HMSET h f 1", "", "0:HMSET h f 1;"},
    {"", "HSETNX h f 1", "", "0:HSETNX h f 1;"},
    {"HSET h f 1 g 2", "HDEL h f x", "", "0:HDEL h f x;"},
    {"HSET h f 1", "HINCRBY h f 2", "", "0:HINCRBY h f 2;"},
    {"HSET h f 1", "HINCRBYFLOAT h f 0.5", "", "0:HSET h f 1.5;"},
    {"HSETEX h EX 10 FIELDS 1 f 1", "HINCRBYFLOAT h f 0.5", "",
     "0:HSETEX h KEEPTTL FIELDS 1 f 1.5;"},
    {"HSET h f 1 g 2", "HEXPIRE h 10 FIELDS 2 f x", "", "0:HPEXPIREAT h 1700000010000 FIELDS 1 f;"},
    {"HSET h f 1 g 2", "HPEXPIRE h 10 NX FIELDS 2 f g", "",
     "0:HPEXPIREAT h 1700000000010 NX FIELDS 2 f g;"},
    {"HSET h f 1 g 2", "HEXPIREAT h 1700000100 FIELDS 1 f", "",
     "0:HPEXPIREAT h 1700000100000 FIELDS 1 f;"},
    {"HSET h f 1 g 2", "HPEXPIREAT h 1700000000500 FIELDS 1 f", "",
     "0:HPEXPIREAT h 1700000000500 FIELDS 1 f;"},
    {"HSET h f 1 g 2", "HEXPIREAT h 1 FIELDS 3 f g x", "",
     "-1:MULTI;0:HDEL h f;0:HDEL h g;-1:EXEC;"},
    {"HSETEX h EX 10 FIELDS 1 f 1", "HPERSIST h FIELDS 2 f x", "", "0:HPERSIST h FIELDS 2 f x;"},
    {"HSET h f 1 g 2", "HGETEX h EX 10 FIELDS 2 f x", "",
     "0:HPEXPIREAT h 1700000010000 FIELDS 1 f;"},
    {"HSETEX h EX 10 FIELDS 1 f 1", "HGETEX h PERSIST FIELDS 1 f", "", "0:HPERSIST h FIELDS 1 f;"},
    {"HSET h f 1 g 2", "HGETEX h PXAT 1 FIELDS 1 f", "", "0:HDEL h f;"},
    {"HSET h f 1 g 2", "HGETEX h FIELDS 1 f", "", ""},
    {"", "HSETEX h FNX EX 10 FIELDS 2 f 1 g 2", "",
     "0:HSETEX h PXAT 1700000010000 FIELDS 2 f 1 g 2;"},
    {"", "HSETEX h FIELDS 1 f 1", "", "0:HSETEX h FIELDS 1 f 1;"},
    {"", "HSETEX h PXAT 1 FIELDS 1 f 1", "", "0:HDEL h f;"},
    {"HSET h f 1 g 2", "HGETDEL h FIELDS 2 f x", "", "0:HDEL h f;"},
    {"HSETEX h PX 5 FIELDS 1 f 1;HSET h g 1;!10", "HINCRBY h f 1", "",
     "-1:MULTI;0:HDEL h f;0:HINCRBY h f 1;-1:EXEC;"},
    {"HSETEX h PX 5 FIELDS 1 f 1;!10", "HGET h f", "", "0:HDEL h f;"},
    {"HIMPORT PREPARE set f g", "HIMPORT SET h set 1 2", "", "0:HSET h f 1 g 2;"},
    {"HIMPORT PREPARE set f g;HSET h x 1", "HIMPORT SET h set 1 2", "",
     "-1:MULTI;0:DEL h;0:HSET h f 1 g 2;-1:EXEC;"},
    /* ---- sets ---- */
    {"", "SADD s a b", "", "0:SADD s a b;"},
    {"SADD s a b", "SREM s a x", "", "0:SREM s a x;"},
    {"SADD s a", "SPOP s", "", "0:SREM s a;"},
    {"SADD s a b", "SPOP s 2", "", "0:DEL s;"},
    {"SADD s a b;CONFIG SET lazyfree-lazy-server-del yes", "SPOP s 5", "", "0:UNLINK s;"},
    {"SADD s a", "SMOVE s t a", "", "0:SMOVE s t a;"},
    {"SADD s a;SADD t a b", "SINTERSTORE u s t", "", "0:SINTERSTORE u s t;"},
    {"SADD s a;SADD t a b", "SUNIONSTORE u s t", "", "0:SUNIONSTORE u s t;"},
    {"SADD s a;SADD t a b", "SDIFFSTORE u t s", "", "0:SDIFFSTORE u t s;"},
    {"SADD s a;SADD t a b", "SINTERSTORE s v", "", "0:SINTERSTORE s v;"},
    /* ---- sorted sets ---- */
    {"", "ZADD z 1 a 2 b", "", "0:ZADD z 1 a 2 b;"},
    {"ZADD z 1 a", "ZADD z GT INCR 2 a", "", "0:ZADD z GT INCR 2 a;"},
    {"", "ZINCRBY z 2 a", "", "0:ZINCRBY z 2 a;"},
    {"ZADD z 1 a 2 b", "ZREM z a x", "", "0:ZREM z a x;"},
    {"ZADD z 1 a 2 b", "ZPOPMIN z", "", "0:ZPOPMIN z;"},
    {"ZADD z 1 a 2 b", "ZPOPMAX z 5", "", "0:ZPOPMAX z 5;"},
    {"ZADD z 1 a 2 b", "ZMPOP 2 y z MIN COUNT 5", "", "0:ZPOPMIN z 2;"},
    {"ZADD z 1 a 2 b", "BZPOPMIN y z 0", "", "0:ZPOPMIN z 1;"},
    {"ZADD z 1 a 2 b", "BZPOPMAX y z 0", "", "0:ZPOPMAX z 1;"},
    {"ZADD z 1 a 2 b", "BZMPOP 0 2 y z MAX COUNT 5", "", "0:ZPOPMAX z 2;"},
    {"", "BZPOPMIN y z 0", "ZADD z 1 a 2 b", "0:ZADD z 1 a 2 b;0:ZPOPMIN z 1;"},
    {"", "BZMPOP 0 2 y z MIN COUNT 5", "ZADD z 1 a 2 b", "0:ZADD z 1 a 2 b;0:ZPOPMIN z 2;"},
    {"ZADD z 1 a 2 b", "ZREMRANGEBYRANK z 0 0", "", "0:ZREMRANGEBYRANK z 0 0;"},
    {"ZADD z 1 a 2 b", "ZREMRANGEBYSCORE z 2 3", "", "0:ZREMRANGEBYSCORE z 2 3;"},
    {"ZADD z 1 a 2 b", "ZREMRANGEBYLEX z - [a", "", "0:ZREMRANGEBYLEX z - [a;"},
    {"ZADD z 1 a 2 b", "ZUNIONSTORE y 1 z", "", "0:ZUNIONSTORE y 1 z;"},
    {"ZADD z 1 a 2 b", "ZINTERSTORE y 1 z WEIGHTS 2", "", "0:ZINTERSTORE y 1 z WEIGHTS 2;"},
    {"ZADD z 1 a 2 b", "ZDIFFSTORE y 1 z", "", "0:ZDIFFSTORE y 1 z;"},
    {"ZADD z 1 a 2 b", "ZRANGESTORE y z 0 0", "", "0:ZRANGESTORE y z 0 0;"},
    {"", "GEOADD g 1 2 a", "", "0:GEOADD g 1 2 a;"},
    {"GEOADD g 1 2 a", "GEOSEARCHSTORE y g FROMLONLAT 1 2 BYRADIUS 1 km", "",
     "0:GEOSEARCHSTORE y g FROMLONLAT 1 2 BYRADIUS 1 km;"},
    {"GEOADD g 1 2 a", "GEORADIUS g 1 2 1 km STORE y", "", "0:GEORADIUS g 1 2 1 km STORE y;"},
    {"GEOADD g 1 2 a", "GEORADIUS g 1 2 1 km", "", ""},
    {"GEOADD g 1 2 a", "GEORADIUSBYMEMBER g a 1 km STORE y", "",
     "0:GEORADIUSBYMEMBER g a 1 km STORE y;"},
    /* ---- streams ---- */
    {"", "XADD x * f 1", "", "0:XADD x 1700000000000-0 f 1;"},
    {"", "XADD x 5-* f 1", "", "0:XADD x 5-0 f 1;"},
    {"XADD x 1 f 1;XADD x 2 f 1", "XADD x MAXLEN = 2 3 f 1", "", "0:XADD x MAXLEN = 2 3-0 f 1;"},
    {"XADD x 1 f 1", "XADD x NOMKSTREAM MAXLEN 9 * f 1", "", "0:XADD x 1700000000000-0 f 1;"},
    {"XADD x 1 f 1;XADD x 2 f 1", "XADD x MINID 9 3 f 1", "", "0:XADD x MAXLEN = 0 3-0 f 1;"},
    {"CONFIG SET stream-node-max-entries 2;XADD x 1 f 1;XADD x 2 f 1;XADD x 3 f 1",
     "XADD x DELREF MAXLEN ~ 1 LIMIT 2 4 f 1", "", "0:XADD x DELREF MAXLEN = 2 4-0 f 1;"},
    {"", "XADD x IDMP p m * f 1", "",
     "-1:MULTI;0:XADD x 1700000000000-0 f 1;0:XIDMPRECORD x p m 1700000000000-0;-1:EXEC;"},
    {"", "XADD x IDMPAUTO p * f 1", "",
     "-1:MULTI;0:XADD x 1700000000000-0 f 1;0:XIDMPRECORD x p "
     "\\xc2\\xb3\\xf0O\\x02\\xb4\\xd5*\\xad\\xac\\xb2\\xc7\\xf4\\xc0;\\xa1 "
     "1700000000000-0;-1:EXEC;"},
    {"XADD x IDMP p m * f 1", "XADD x IDMP p m * f 1", "", ""},
    {"XADD x 1 f 1", "XIDMPRECORD x p m 1-0", "", "0:XIDMPRECORD x p m 1-0;"},
    {"XADD x 1 f 1", "XCFGSET x IDMP-MAXSIZE 5", "", "0:XCFGSET x IDMP-MAXSIZE 5;"},
    {"XADD x 1 f 1", "XDEL x 1 2", "", "0:XDEL x 1 2;"},
    {"XADD x 1 f 1", "XDELEX x IDS 1 1", "", "0:XDELEX x IDS 1 1;"},
    {"XADD x 1 f 1;XADD x 2 f 1", "XTRIM x MAXLEN 1", "", "0:XTRIM x MAXLEN 1;"},
    {"CONFIG SET stream-node-max-entries 2;XADD x 1 f 1;XADD x 2 f 1;XADD x 3 f 1",
     "XTRIM x MINID ~ 9", "", "0:XTRIM x MAXLEN = 0;"},
    {"XADD x 1 f 1", "XTRIM x MAXLEN ~ 1", "", ""},
    {"XADD x 1 f 1", "XSETID x 9", "", "0:XSETID x 9;"},
    {"", "XGROUP CREATE x g $ MKSTREAM", "", "0:XGROUP CREATE x g $ MKSTREAM;"},
    {"XADD x 1 f 1", "XGROUP CREATE x g 0 ENTRIESREAD 5", "",
     "0:XGROUP CREATE x g 0-0 ENTRIESREAD 1;"},
    {STREAM, "XGROUP SETID x g 2", "", "0:XGROUP SETID x g 2;"},
    {STREAM, "XGROUP SETID x g 2 ENTRIESREAD 9", "", "0:XGROUP SETID x g 2-0 ENTRIESREAD 3;"},
    {STREAM, "XGROUP DESTROY x g", "", "0:XGROUP DESTROY x g;"},
    {STREAM, "XGROUP CREATECONSUMER x g c", "", "0:XGROUP CREATECONSUMER x g c;"},
    {STREAM ";XGROUP CREATECONSUMER x g c", "XGROUP DELCONSUMER x g c", "",
     "0:XGROUP DELCONSUMER x g c;"},
    {STREAM, "XREADGROUP GROUP g c COUNT 2 STREAMS x >", "",
     "-1:MULTI;0:XCLAIM x g c 0 1-0 TIME 1700000000000 RETRYCOUNT 1 FORCE JUSTID LASTID "
     "1-0;0:XCLAIM x g c 0 2-0 TIME 1700000000000 RETRYCOUNT 1 FORCE JUSTID LASTID 2-0;0:XGROUP "
     "SETID x g 2-0 ENTRIESREAD 2;-1:EXEC;"},
    {STREAM, "XREADGROUP GROUP g c NOACK STREAMS x >", "",
     "-1:MULTI;0:XGROUP SETID x g 3-0 ENTRIESREAD 3;0:XGROUP CREATECONSUMER x g c;-1:EXEC;"},
    {STREAM, "XREADGROUP GROUP g c STREAMS x 0", "", "0:XGROUP CREATECONSUMER x g c;"},
    {READ, "XREADGROUP GROUP g c STREAMS x 0", "",
     "-1:MULTI;0:XCLAIM x g c 0 1-0 TIME 1700000000000 RETRYCOUNT 2 FORCE JUSTID LASTID "
     "2-0;0:XCLAIM x g c 0 2-0 TIME 1700000000000 RETRYCOUNT 2 FORCE JUSTID LASTID 2-0;-1:EXEC;"},
    {READ ";XDEL x 1;!10", "XREADGROUP GROUP g d CLAIM 5 STREAMS x >", "",
     "-1:MULTI;0:XACK x g 1-0;0:XCLAIM x g d 0 2-0 TIME 1700000000010 RETRYCOUNT 2 FORCE JUSTID "
     "LASTID 2-0;0:XCLAIM x g d 0 3-0 TIME 1700000000010 RETRYCOUNT 1 FORCE JUSTID LASTID "
     "3-0;0:XGROUP SETID x g 3-0 ENTRIESREAD 3;-1:EXEC;"},
    {STREAM ";XGROUP SETID x g $", "XREADGROUP GROUP g c BLOCK 0 STREAMS x >", "XADD x 9 f 1",
     "0:XGROUP CREATECONSUMER x g c;0:XADD x 9-0 f 1;-1:MULTI;0:XCLAIM x g c 0 9-0 TIME "
     "1700000000000 RETRYCOUNT 1 FORCE JUSTID LASTID 9-0;0:XGROUP SETID x g 9-0 ENTRIESREAD "
     "4;-1:EXEC;"},
    {READ, "XACK x g 1 9", "", "0:XACK x g 1 9;"},
    {READ, "XACKDEL x g DELREF IDS 1 1", "", "0:XACKDEL x g DELREF IDS 1 1;"},
    {READ, "XNACK x g FAIL IDS 1 1", "", "0:XNACK x g FAIL IDS 1 1;"},
    {READ ";!10", "XCLAIM x g d 5 1 2", "",
     "-1:MULTI;0:XCLAIM x g d 0 1-0 TIME 1700000000010 RETRYCOUNT 2 FORCE JUSTID LASTID "
     "2-0;0:XCLAIM x g d 0 2-0 TIME 1700000000010 RETRYCOUNT 2 FORCE JUSTID LASTID 2-0;-1:EXEC;"},
    {READ ";!10", "XCLAIM x g d 100 1 LASTID 7", "",
     "-1:MULTI;0:XGROUP SETID x g 7-0 ENTRIESREAD 2;0:XGROUP CREATECONSUMER x g d;-1:EXEC;"},
    {READ ";XDEL x 1;!10", "XCLAIM x g d 5 1 2 JUSTID TIME 1600000000000", "",
     "-1:MULTI;0:XACK x g 1-0;0:XCLAIM x g d 0 2-0 TIME 1600000000000 RETRYCOUNT 1 FORCE JUSTID "
     "LASTID 2-0;-1:EXEC;"},
    {READ ";XDEL x 1;!10", "XAUTOCLAIM x g d 5 0", "",
     "-1:MULTI;0:XACK x g 1-0;0:XCLAIM x g d 0 2-0 TIME 1700000000010 RETRYCOUNT 2 FORCE JUSTID "
     "LASTID 2-0;-1:EXEC;"},
    {READ, "XAUTOCLAIM x g d 100 0", "", "0:XGROUP CREATECONSUMER x g d;"},
    /* ---- arrays ---- */
    {"", "ARSET a 3 x", "", "0:ARSET a 3 x;"},
    {"", "ARMSET a 3 x 9 y", "", "0:ARMSET a 3 x 9 y;"},
    {"ARSET a 3 x", "ARDEL a 3 4", "", "0:ARDEL a 3 4;"},
    {"ARSET a 3 x", "ARDELRANGE a 0 9", "", "0:ARDELRANGE a 0 9;"},
    {"", "ARINSERT a x", "", "0:ARINSERT a x;"},
    {"ARSET a 3 x", "ARSEEK a 7", "", "0:ARSEEK a 7;"},
    {"", "ARRING a 2 x y z", "", "0:ARRING a 2 x y z;"},
    /* ---- scripts and functions ---- */
    {"", "EVAL \"redis.call('SET', 'a', 1) return redis.call('EXPIRE', 'a', 10)\" 0", "",
     "-1:MULTI;0:SET a 1;0:PEXPIREAT a 1700000010000;-1:EXEC;"},
    {"SET a 1", "EVAL \"return redis.call('GET', 'a')\" 0", "", ""},
    {"", "EVAL \"redis.call('SET', 'a', 1) return redis.call('LPUSH', 'a', 1)\" 0", "",
     "0:SET a 1;"},
    {"", "FUNCTION LOAD " LIBRARY, "", "0:FUNCTION LOAD " LIBRARY_TOLD ";"},
    {"FUNCTION LOAD " LIBRARY, "FCALL f 1 a", "", "0:SET a 1;"},
    {"FUNCTION LOAD " LIBRARY, "FUNCTION DELETE lib", "", "0:FUNCTION DELETE lib;"},
    {"FUNCTION LOAD " LIBRARY, "FUNCTION FLUSH", "", "0:FUNCTION FLUSH;"},
    {"", "FUNCTION RESTORE \"" NO_FUNCTIONS "\" FLUSH", "",
     "0:FUNCTION RESTORE " NO_FUNCTIONS " FLUSH;"},
    /* ---- transactions, what expires ---- */
    {"SET a 1 PX 5;!10", "GET a", "", "0:DEL a;"},
    {"SET a 1 PX 5;!10", "SETNX a 2", "", "-1:MULTI;0:DEL a;0:SETNX a 2;-1:EXEC;"},
    {"SET a 1 PX 5;SADD s 1;!10", "SUNIONSTORE s a", "",
     "-1:MULTI;0:DEL a;0:SUNIONSTORE s a;-1:EXEC;"},
    {"SADD s 1;HSETEX h1 PX 5 FIELDS 1 f 1;!10", "SORT s BY h*->f STORE l", "",
     "-1:MULTI;0:HDEL h1 f;0:SORT s BY h*->f STORE l;-1:EXEC;"},
    {"PSETEX w 5 1;SADD s 1;!10", "SORT s BY w STORE l", "", "0:SORT s BY w STORE l;"},
    {"PSETEX a 5 1;PSETEX b 5 1;!10", "SCAN 0", "", "0:DEL a;0:DEL b;"},
    {"PSETEX a 5 1;PSETEX b 5 1;SET c 1;!10", "DEL a b c", "",
     "-1:MULTI;0:DEL a;0:DEL b;0:DEL a b c;-1:EXEC;"},
};
enum { ROWS = sizeof rows / sizeof *rows };

static void runOne(fakeServer *f, const char *line) {
    if (*line == '!')
        fakeAdvanceMs(f, strtol(line + 1, NULL, 10));
    else
        fakeCall(f, line);
}

static void runAll(fakeServer *f, const char *commands) {
    char copy[1024], *rest = copy;
    snprintf(copy, sizeof copy, "%s", commands);
    for (char *one; (one = strsep(&rest, ";"));)
        if (*one) runOne(f, one);
}

/* What the row's records are, for as long as the next call. */
static const char *toldOf(follower *w, fakeServer *f, const row *r) {
    client *other = fakeClient(f);
    runAll(f, r->before);
    followerTold(w);
    fakeCall(f, r->request);
    if (*r->after) {
        ck_assert_msg(f->client->flags & CLIENT_BLOCKED, "%s does not wait", r->request);
        fakeCallAs(f, other, r->after);
    }
    return followerTold(w);
}

static void checkRow(const row *r) {
    fakeServer *f = fakeNew();
    fakePeer *p = fakePeerNew(f); /* to which MIGRATE goes */
    fakePeerSays(p, "+OK|/+OK|-BUSYKEY there|+OK|");
    follower *w = followerNew(f, FOLLOWS_LOG, 1000);
    const char *told = toldOf(w, f, r);
    ck_assert_msg(!strcmp(told, r->told), "%s\n  told:   %s\n  wanted: %s", r->request, told,
                  r->told);
    ck_assert_msg(!followerError(w), "%s", followerError(w));
    followerCheck(w);
    followerFree(w);
    fakeFree(f);
    fakePeerFree(p);
}

START_TEST(recordsAreAsTheTableSays) {
    for (size_t i = 0; i < ROWS; i++) checkRow(&rows[i]);
}
END_TEST

/* True if 'request' begins with the words of "config|get". */
static bool isNamedBy(const char *request, const char *full_name) {
    for (; *full_name; full_name++, request++)
        if (tolower((unsigned char)*request) != (*full_name == '|' ? ' ' : *full_name))
            return false;
    return !*request || *request == ' ';
}

static void lookFor(void *ctx, command *cmd) {
    (void)ctx;
    if (!(cmd->spec->flags & CMD_WRITE)) return;
    for (size_t i = 0; i < ROWS; i++)
        if (isNamedBy(rows[i].request, cmd->full_name)) return;
    ck_abort_msg("no row of %s, which writes", cmd->full_name);
}

START_TEST(everyCommandThatWritesHasARow) {
    fakeServer *f = fakeNew();
    commandEach(f->server->commands, lookFor, NULL);
    fakeFree(f);
}
END_TEST

TESTS("commands/records", recordsAreAsTheTableSays, everyCommandThatWritesHasARow)
