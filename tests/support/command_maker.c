#include "tests/support/command_maker.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "storage/base/ensure.h"

/* Kinds of arguments:
 *   s l h e z x a p g k   keys: string, list, hash, set, sorted set, stream, array, HyperLogLog,
 * geo, any v w m f               a value, a number, a member, a field n d c                 a small
 * integer, a decimal, a count from 0 on t T A B               a time to live in ms and s, a point
 * in time in ms and s i G C P               an ID, a group, a consumer, a producer b r a db; a
 * bound of scores */
static const char *const templates[] = {
    "SET $s $v",
    "SET $s $v {NX|XX|} {EX $T|PX $t|EXAT $B|PXAT $A|KEEPTTL|}",
    "SET $s $v GET",
    "SET $s $w {IFEQ $w|IFNE $w}",
    "{SETNX|GETSET|APPEND} $s $v",
    "SETEX $s $T $v",
    "PSETEX $s $t $v",
    "MSET *($s $v)",
    "MSETNX *($s $v)",
    "MSETEX 2 $s $v $s $v {NX|XX|} {EX $T|PX $t|PXAT $A|KEEPTTL|}",
    "{GET|GETDEL|INCR|DECR|STRLEN} $s",
    "GETEX $s {EX $T|PX $t|EXAT $B|PXAT $A|PERSIST|}",
    "{INCRBY|DECRBY} $s $n",
    "INCRBYFLOAT $s $d",
    "INCREX $s {BYINT $n|BYFLOAT $d|} {UBOUND 20 SATURATE|} {EX $T|PX $t|PXAT $A|PERSIST|} {ENX|}",
    "SETRANGE $s $c $v",
    "DELEX $s {IFEQ $w|IFNE $w|}",
    "SETBIT $s $c {0|1}",
    "BITOP {AND|OR|XOR} $s $s $s",
    "BITOP NOT $s $s",
    "BITFIELD $s *({SET|INCRBY} u8 $c $n) GET u8 0",
    "PFADD $p *($m)",
    "PFCOUNT $p {$p|}",
    "PFMERGE $p $p $p",
    "{LPUSH|RPUSH|LPUSHX|RPUSHX} $l *($v)",
    "{LPOP|RPOP} $l {$c|}",
    "{LSET|LTRIM} $l $n $n",
    "LINSERT $l {BEFORE|AFTER} $w $v",
    "LREM $l $n $w",
    "{LMOVE|BLMOVE} $l $l {LEFT|RIGHT} {LEFT|RIGHT}",
    "BLMOVE $l $l {LEFT|RIGHT} {LEFT|RIGHT} 1",
    "RPOPLPUSH $l $l",
    "BRPOPLPUSH $l $l 1",
    "LMOVEM $l $l {LEFT|RIGHT} {LEFT|RIGHT} COUNT 2 {OBO|BULK}",
    "BLMOVEM $l $l {LEFT|RIGHT} {LEFT|RIGHT} 1 EXACTLY 2 {OBO|BULK}",
    "LMPOP 2 $l $l {LEFT|RIGHT} {COUNT 3|}",
    "BLMPOP 1 2 $l $l {LEFT|RIGHT} {COUNT 3|}",
    "{BLPOP|BRPOP} $l $l {1|0}",
    "HSET $h *($f $v)",
    "{HMSET|HSETNX} $h $f $v",
    "HDEL $h *($f)",
    "HINCRBY $h $f $n",
    "HINCRBYFLOAT $h $f $d",
    "{HPEXPIRE $h $t|HEXPIRE $h $T|HPEXPIREAT $h $A|HEXPIREAT $h $B} {NX|XX|GT|LT|} FIELDS 2 $f $f",
    "HPERSIST $h FIELDS 2 $f $f",
    "HGETEX $h {EX $T|PX $t|EXAT $B|PXAT $A|PERSIST|} FIELDS 2 $f $f",
    "HSETEX $h {FNX|FXX|} {EX $T|PX $t|EXAT $B|PXAT $A|KEEPTTL|} FIELDS 2 $f $v $f $v",
    "HGETDEL $h FIELDS 2 $f $f",
    "{HGETALL|HRANDFIELD|HLEN} $h",
    "{HGET|HEXISTS} $h $f",
    "HIMPORT PREPARE set $f $f $f",
    "HIMPORT SET $h set $v $v $v",
    "{SADD|SREM} $e *($m)",
    "SPOP $e {$c|}",
    "SMOVE $e $e $m",
    "{SINTERSTORE|SUNIONSTORE|SDIFFSTORE} $e $e $e",
    "ZADD $z {NX|XX|GT|LT|} {CH|} *($d $m)",
    "ZADD $z {XX|} INCR $d $m",
    "ZINCRBY $z $d $m",
    "ZREM $z *($m)",
    "{ZPOPMIN|ZPOPMAX} $z {$c|}",
    "{BZPOPMIN|BZPOPMAX} $z $z {1|0}",
    "ZMPOP 2 $z $z {MIN|MAX} {COUNT 2|}",
    "BZMPOP 1 2 $z $z {MIN|MAX} {COUNT 2|}",
    "{ZREMRANGEBYRANK $z $n $n|ZREMRANGEBYSCORE $z $r $r|ZREMRANGEBYLEX $z - [m3}",
    "{ZUNIONSTORE|ZINTERSTORE} $z 2 $z {$z|$e} {WEIGHTS $d $d|} {AGGREGATE MIN|AGGREGATE MAX|}",
    "ZDIFFSTORE $z 2 $z $z",
    "ZRANGESTORE $z $z {$n $n|$r $r BYSCORE}",
    "GEOADD $g *($d $d $m)",
    "GEOSEARCHSTORE $g $g FROMLONLAT 10 10 BYRADIUS 5000 km {COUNT 2 ANY|} {STOREDIST|}",
    "GEORADIUS $g 10 10 5000 km {STORE $g|STOREDIST $g}",
    "XADD $x {NOMKSTREAM|} {{KEEPREF|DELREF|ACKED|} MAXLEN {=|~|} $c|MINID {=|~|} $i|} {*|$i} *($f "
    "$v)",
    "XADD $x {*|1700000*|$i} *($f $v)",
    "XADD $x {IDMP $P $m|IDMPAUTO $P} {MAXLEN 3|} * $f $w",
    "XCFGSET $x {IDMP-MAXSIZE 2|IDMP-DURATION 2}",
    "XDEL $x *($i)",
    "XDELEX $x {KEEPREF|DELREF|ACKED} IDS 2 $i $i",
    "XTRIM $x {MAXLEN|MAXLEN ~} $c {KEEPREF|DELREF|ACKED|}",
    "XTRIM $x {MINID|MINID ~} $i {KEEPREF|DELREF|ACKED|}",
    "XTRIM $x {MAXLEN ~ $c|MINID ~ $i} LIMIT $c {KEEPREF|DELREF|ACKED|}",
    "XSETID $x $i {ENTRIESADDED $c MAXDELETEDID $i|}",
    "XGROUP CREATE $x $G {0|\\$|$i} MKSTREAM {ENTRIESREAD $c|}",
    "XGROUP SETID $x $G {0|\\$|$i} {ENTRIESREAD $c|}",
    "XGROUP {CREATECONSUMER|DELCONSUMER} $x $G $C",
    "XGROUP DESTROY $x $G",
    "XREADGROUP GROUP $G $C {COUNT 3|} {NOACK|} {CLAIM $t|} STREAMS $x {>|>|$i|0}",
    "XREADGROUP GROUP $G $C {COUNT 3|} STREAMS $x $x > {>|0}",
    "XREADGROUP GROUP $G $C BLOCK 500 {NOACK|} STREAMS $x >",
    "XACK $x $G *($i)",
    "XACKDEL $x $G {KEEPREF|DELREF|ACKED} IDS 2 $i $i",
    "XNACK $x $G {SILENT|FAIL|FATAL} IDS 2 $i $i {RETRYCOUNT $c|} {FORCE|}",
    "XCLAIM $x $G $C {0|$t} *($i) {IDLE $t|TIME $A|} {RETRYCOUNT $c|} {FORCE|} {JUSTID|} {LASTID "
    "$i|}",
    "XAUTOCLAIM $x $G $C {0|$t} {0|$i} {COUNT 2|} {JUSTID|}",
    "ARSET $a $c *($v)",
    "ARMSET $a *($c $v)",
    "ARDEL $a *($c)",
    "ARDELRANGE $a $c $c",
    "ARINSERT $a *($v)",
    "ARSEEK $a $c",
    "ARRING $a 4 *($v)",
    "{DEL|UNLINK|EXISTS|TOUCH} $k $k",
    "{EXPIRE $k $T|PEXPIRE $k $t|PEXPIREAT $k $A|EXPIREAT $k $B} {NX|XX|GT|LT|}",
    "PERSIST $k",
    "{RENAME|RENAMENX} $k $k",
    "COPY $k $k {DB $b|} {REPLACE|}",
    "MOVE $k $b",
    "SORT {$l|$e|$z} {BY s*|BY h*->f1|BY nosort|} {ALPHA|} {GET h*->f1 GET #|GET s*|} STORE $l",
    "EVAL \"redis.call('SET', KEYS[1], ARGV[1]) redis.call('PEXPIRE', KEYS[1], ARGV[2]) "
    "return redis.call('RPUSH', KEYS[2], redis.call('SPOP', KEYS[3]) or 'x')\" 3 $s $l $e $w $t",
    "{SELECT $b|SELECT 0|SWAPDB $b $b|FLUSHDB|PUBLISH channel $v}", /* the rare ones */
};
enum { TEMPLATES = sizeof templates / sizeof *templates, RARE = 8 };
/* What gives the others something to work on; nearly every other command. */
static const char *const makers[] = {
    "RPUSH $l *($v)",        "SADD $e *($m)",
    "ZADD $z *($d $m)",      "HSET $h *($f $v)",
    "XADD $x * $f $v",       "XADD $x * $f $v",
    "XGROUP CREATE $x $G 0", "XREADGROUP GROUP $G $C STREAMS $x >",
};
enum { MAKERS = sizeof makers / sizeof *makers };

typedef struct maker {
    rng *r;
    int64_t now_ms;
    char *out, *end;
} maker;

__attribute__((format(printf, 2, 3))) static void put(maker *m, const char *format, ...) {
    va_list args;
    va_start(args, format);
    m->out += vsnprintf(m->out, (size_t)(m->end - m->out), format, args);
    va_end(args);
    ensure(m->out < m->end);
}

static int64_t below(const maker *m, uint64_t n) {
    return (int64_t)rngBelow(m->r, n);
}

static int64_t timeToLive(const maker *m) {
    return below(m, 8) ? 1 + below(m, 3000) : below(m, 4) ? 1000000 : below(m, 2) ? 0 : -5;
}

static void putKey(maker *m, char kind) {
    static const char kinds[] = "slhezxapg";
    if (kind == 'k' || !below(m, 24)) kind = kinds[below(m, sizeof kinds - 1)];
    put(m, "%c%d", kind, (int)below(m, 3));
}

static void putValue(maker *m) {
    switch (below(m, 4)) {
    case 0: put(m, "%d", (int)below(m, 9)); break;
    case 1:
        put(m, "%.*s", 1 + (int)below(m, 90),
            "some-value-that-may-be-long-and-then-is-kept-in-"
            "another-way-than-those-of-a-few-bytes-are");
        break;
    default: put(m, "v%d", (int)below(m, 9)); break;
    }
}

static void putId(maker *m) {
    int64_t ms = m->now_ms - m->now_ms % MAKER_TICK_MS - below(m, 10) * MAKER_TICK_MS;
    if (!below(m, 12)) ms = below(m, 40);
    put(m, below(m, 4) ? "%lld-%d" : "%lld", (long long)ms, below(m, 3) ? 0 : 1);
}

static void putArgument(maker *m, char kind) {
    switch (kind) {
    case 'v': putValue(m); break;
    case 'w': put(m, "%d", (int)below(m, 9)); break;
    case 'm': put(m, "m%d", (int)below(m, 12)); break;
    case 'f': put(m, "f%d", (int)below(m, 6)); break;
    case 'n': put(m, "%d", (int)below(m, 12) - 4); break;
    case 'd': put(m, "%.*f", (int)below(m, 4), (double)below(m, 9000) / 100 - 30); break;
    case 'c': put(m, "%d", (int)below(m, 7)); break;
    case 't': put(m, "%lld", (long long)timeToLive(m)); break;
    case 'T': put(m, "%d", (int)below(m, 5)); break;
    case 'A': put(m, "%lld", (long long)(m->now_ms + timeToLive(m))); break;
    case 'B': put(m, "%lld", (long long)(m->now_ms / 1000 + below(m, 5) - 1)); break;
    case 'i': putId(m); break;
    case 'G': put(m, "g%d", (int)below(m, 2)); break;
    case 'C': put(m, "c%d", (int)below(m, 3)); break;
    case 'P': put(m, "p%d", (int)below(m, 2)); break;
    case 'b': put(m, "%d", (int)below(m, 3)); break;
    case 'r': put(m, "%d", (int)below(m, 100) - 30); break;
    default: putKey(m, kind); break;
    }
}

/* The end of the choice or repetition that begins before 'at', and of its part that is wanted. */
static const char *partEnd(const char *at, bool at_bar) {
    for (int depth = 0; *at; at++) {
        if (*at == '{' || *at == '(') depth++;
        if (depth == 0 && (*at == '}' || *at == ')' || (at_bar && *at == '|'))) return at;
        if (*at == '}' || *at == ')') depth--;
    }
    return at;
}

static void expand(maker *m, const char *at, const char *end);

static const char *expandChoice(maker *m, const char *at) {
    const char *end = partEnd(at, false), *starts[16];
    size_t count = 0;
    for (const char *part = at; part <= end; part = partEnd(part, true) + 1) starts[count++] = part;
    const char *chosen = starts[below(m, count)];
    expand(m, chosen, partEnd(chosen, true));
    return end;
}

static const char *expandSeveral(maker *m, const char *at) {
    const char *end = partEnd(at, false);
    for (int64_t n = 1 + below(m, 4); n > 0; n--) {
        expand(m, at, end);
        if (n > 1) put(m, " ");
    }
    return end;
}

static void expand(maker *m, const char *at, const char *end) {
    for (; at < end; at++) {
        if (*at == '{')
            at = expandChoice(m, at + 1);
        else if (*at == '*' && at[1] == '(')
            at = expandSeveral(m, at + 2);
        else if (*at == '$')
            putArgument(m, *++at);
        else
            put(m, "%c", *at == '\\' ? *++at : *at);
    }
}

void makeCommand(rng *r, int64_t now_ms, char line[MADE_COMMAND_MAX]) {
    maker m = {r, now_ms, line, line + MADE_COMMAND_MAX};
    size_t which = rngBelow(r, TEMPLATES);
    if (which == TEMPLATES - 1 && below(&m, RARE)) which = 0;
    const char *chosen = below(&m, 5) < 2 ? makers[below(&m, MAKERS)] : templates[which];
    expand(&m, chosen, chosen + strlen(chosen));
}
