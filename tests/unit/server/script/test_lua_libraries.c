/* cjson, cmsgpack, struct and bit: what their manuals say, and what scripts broke them with. */
#include "tests/support/script_check.h"
#include "tests/support/suite.h"

static fakeServer *f;

static void setup(void) {
    f = fakeNew();
}
static void done(void) {
    fakeFree(f);
}

/* ---- cjson ---- */

START_TEST(jsonEncodes) {
    RUN("return cjson.encode({1, 'a', true, cjson.null, {}})", "$20|[1,\"a\",true,null,{}]|");
    RUN("return cjson.encode({a = {b = {1.5, -2}}})", "$20|{\"a\":{\"b\":[1.5,-2]}}|");
    RUN("return cjson.encode({[1] = 'x', [3] = 'z'})", "$14|[\"x\",null,\"z\"]|");
    RUN("return cjson.encode({[2.5] = 1})", "$9|{\"2.5\":1}|");
    RUN("return cjson.encode('\\0\\1\\127\\200/\\\\\"\\n\\t')",
        "$31|\"\\u0000\\u0001\\u007f\xc8\\/\\\\\\\"\\n\\t\"|");
    RUN("return cjson.encode({1e100, 123456789012345, 0.1})",
        "$32|[1e+100,1.2345678901234e+14,0.1]|");
    RUN("return cjson.encode(nil)", "$4|null|");
    RUN_FAILS("return cjson.encode()", "(expected 1 argument)");
    RUN_FAILS("local x = cjson.encode(print)", "nonexistent global");
    RUN_FAILS("local x = cjson.encode(tostring)", "Cannot serialise function: type not supported");
    RUN_FAILS("local x = cjson.encode({[true] = 1})",
              "Cannot serialise boolean: table key must be a number or string");
    RUN_FAILS("local x = cjson.encode({[100] = 1})",
              "Cannot serialise table: excessively sparse array");
    RUN_FAILS("local x = cjson.encode(1 / 0)", "Cannot serialise number: must not be NaN or Inf");
    RUN_FAILS("local t = {} t[1] = t return cjson.encode(t)",
              "Cannot serialise, excessive nesting (1001)");
}
END_TEST

START_TEST(jsonDecodes) {
    RUN("local t = cjson.decode('[0.0, -5e3, -1, 0.3e-3, 1023.2, 0e10]') "
        "return table.concat(t, ' ')",
        "$26|0 -5000 -1 0.0003 1023.2 0|");
    RUN("local t = cjson.decode(' {\"a\" : [ 1 , {\"b\":null} ] , \"c\":false} ') "
        "return {t.a[1], t.a[2].b == cjson.null, t.c == false}",
        "*3|:1|:1|:1|");
    RUN("return cjson.decode('\"a\\\\u00e9\\\\u20ac\\\\ud83d\\\\ude00\\\\n\\\\/\"')",
        "$12|a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80|/|");
    RUN("return cjson.decode('[]')", "*0|");
    RUN("return cjson.decode('{}')", "*0|");
    RUN("return cjson.decode('12')", ":12|");
    RUN_FAILS("local x = cjson.decode('')", "Expected value but found T_END at character 1");
    RUN_FAILS("local x = cjson.decode('[1,2')",
              "Expected comma or array end but found T_END at character 5");
    RUN_FAILS("local x = cjson.decode('[1,]')",
              "Expected value but found T_ARR_END at character 4");
    RUN_FAILS("local x = cjson.decode('{1:2}')",
              "Expected object key string but found T_NUMBER at character 2");
    RUN_FAILS("local x = cjson.decode('{\"a\" 2}')",
              "Expected colon but found T_NUMBER at character 6");
    RUN_FAILS("local x = cjson.decode('1 2')",
              "Expected the end but found T_NUMBER at character 3");
    RUN_FAILS("local x = cjson.decode('nul')",
              "Expected value but found invalid token at character 1");
    RUN_FAILS("local x = cjson.decode('\"a')",
              "Expected value but found unexpected end of string at character 3");
    RUN_FAILS("local x = cjson.decode('\"\\\\u12\"')", "found invalid unicode escape code");
    RUN_FAILS("local x = cjson.decode('\"\\\\ud800\"')", "found invalid unicode escape code");
    RUN_FAILS("local x = cjson.decode('\"\\\\x\"')", "found invalid escape code");
    RUN_FAILS("local x = cjson.decode('\\0[')", "does not support UTF-16 or UTF-32");
    RUN_FAILS("local x = cjson.decode(string.rep('[', 2000))",
              "Found too many nested data structures (1001) at character 1001");
}
END_TEST

/* No depth that a script sets is deeper than the stacks are. */
START_TEST(jsonDepthHasAnEnd) {
    RUN_FAILS("cjson.decode_max_depth(2^31 - 1) return cjson.decode(string.rep('[', 10^6))",
              "Found too many nested data structures");
    RUN_FAILS("cjson.encode_max_depth(2^31 - 1) local t = {} t[1] = t return cjson.encode(t)",
              "Cannot serialise, excessive nesting");
    RUN("cjson.decode_max_depth(1000) return cjson.encode_max_depth(1000)", ":1000|");
}
END_TEST

START_TEST(jsonSettings) {
    RUN("cjson.encode_invalid_numbers(true) local s = cjson.encode({1 / 0}) "
        "cjson.encode_invalid_numbers('null') local t = cjson.encode({1 / 0}) "
        "cjson.encode_invalid_numbers(false) return {s, t}",
        "*2|$5|[inf]|$6|[null]|");
    RUN("cjson.encode_number_precision(3) local s = cjson.encode(1 / 3) "
        "cjson.encode_number_precision(14) return s",
        "$5|0.333|");
    RUN("cjson.encode_sparse_array(true) local s = cjson.encode({[100] = 1}) "
        "cjson.encode_sparse_array(false) return s",
        "$9|{\"100\":1}|");
    RUN("cjson.decode_invalid_numbers(false) local ok, e = pcall(cjson.decode, '0x10') "
        "cjson.decode_invalid_numbers(true) return {e, cjson.decode('0x10')}",
        "*2|$54|Expected value but found invalid number at character 1|:16|");
    RUN_FAILS("cjson.encode_max_depth(0)", "(expected integer between 1 and 2147483647)");
    RUN_FAILS("cjson.encode_keep_buffer(1)", "(invalid option)");
    RUN("local own = cjson.new() own.encode_max_depth(1) "
        "return {cjson.encode_max_depth(), own.encode_max_depth()}",
        "*2|:1000|:1|");
}
END_TEST

START_TEST(bigJsonIsWhole) {
    RUN("local s = string.rep('\\1', 300000) local t = cjson.encode({s, s}) "
        "return {#t, cjson.decode(t)[2] == s}",
        "*2|:3600007|:1|");
}
END_TEST

/* ---- cmsgpack ---- */

#define HEX                                                                                        \
    "local function hex(s) return (s:gsub('.', function(c) return string.format('%02x', "          \
    "c:byte()) end)) end "

START_TEST(messagePackTakesTheShortestForm) {
    RUN(HEX "return hex(cmsgpack.pack(1, 128, 256, 65536, 2^32, -1, -33, -129, -32769, -2^31 - 1))",
        "$80|01cc80cd0100ce00010000cf0000000100000000ffd0dfd1ff7fd2ffff7fffd3ffffffff7fffffff|");
    RUN(HEX "return hex(cmsgpack.pack(0.1, 1.5, true, false, nil))",
        "$34|cb3fb999999999999aca3fc00000c3c2c0|");
    RUN(HEX "return hex(cmsgpack.pack('', 'a', {}, {1, 2}, {a = 1}))", "$22|a0a16190920102"
                                                                       "81a16101|");
    RUN(HEX "return hex(cmsgpack.pack(-1099511627776))", "$18|d3ffffff0000000000|");
    RUN("return #cmsgpack.pack(string.rep('x', 31)) + #cmsgpack.pack(string.rep('x', 32)) * 1000",
        ":34032|");
    RUN_FAILS("local x = cmsgpack.pack()", "MessagePack pack needs input.");
    RUN("local a = {y = 5} a.x = {x = a} return #cmsgpack.pack(a)", ":73|");
}
END_TEST

START_TEST(messagePackGivesBackWhatWasPacked) {
    RUN("local v = {1, -1, 1.5, 2^40, -2^40, true, 'text', {a = {b = 'c'}}, string.rep('x', "
        "70000)} "
        "local w = cmsgpack.unpack(cmsgpack.pack(v)) "
        "for i = 1, 7 do assert(v[i] == w[i]) end assert(v[9] == w[9]) return w[8].a.b",
        "$1|c|");
    RUN("local s = cmsgpack.pack(1, 2, 3) return {cmsgpack.unpack(s)}", "*3|:1|:2|:3|");
    RUN("local s = cmsgpack.pack(1, 2, 3) return {cmsgpack.unpack_one(s)}", "*2|:1|:1|");
    RUN("local s = cmsgpack.pack(1, 2, 3) return {cmsgpack.unpack_one(s, 2)}", "*2|:-1|:3|");
    RUN("local s = cmsgpack.pack(1, 2, 3) return {cmsgpack.unpack_limit(s, 2, 0)}", "*3|:2|:1|:2|");
    RUN("return cmsgpack.unpack('\\208\\255')", ":-1|");
}
END_TEST

START_TEST(brokenMessagesAreRefused) {
    RUN_FAILS("local x = cmsgpack.unpack('\\217')", "Missing bytes in input.");
    RUN_FAILS("local x = cmsgpack.unpack('\\219\\255\\255\\255\\255')", "Missing bytes in input.");
    RUN_FAILS("local x = cmsgpack.unpack('\\221\\255\\255\\255\\255')", "Missing bytes in input.");
    RUN_FAILS("local x = cmsgpack.unpack('\\223\\255\\255\\255\\255')", "Missing bytes in input.");
    RUN_FAILS("local x = cmsgpack.unpack('\\199')", "Bad data format in input.");
    RUN_FAILS("local x = cmsgpack.unpack('\\129\\192\\1')", "Bad data format in input.");
    RUN_FAILS("local x = cmsgpack.unpack(string.rep('\\145', 100000))", "overflow");
    RUN_FAILS("local x = cmsgpack.unpack_limit('a', 1, 2)",
              "Start offset 2 greater than input length 1.");
    RUN_FAILS("local x = cmsgpack.unpack_limit('a', -1, 0)", "Invalid request to unpack");
    RUN_FAILS("local x = cmsgpack.unpack_one('a', -1)", "Invalid request to unpack");
}
END_TEST

/* ---- struct ---- */

START_TEST(structPacksAndUnpacks) {
    RUN(HEX "return hex(struct.pack('>bBhHiIl', -1, 255, -2, 258, -3, 16909060, -4))",
        "$44|fffffffe0102fffffffd01020304fffffffffffffffc|");
    RUN(HEX "return hex(struct.pack('<i3H', 66051, 1))", "$10|0302010100|");
    RUN(HEX "return hex(struct.pack('>fd', 1.5, -2.5))", "$24|3fc00000c004000000000000|");
    RUN(HEX "return hex(struct.pack('sc3c0xb', 'ab', 'cdef', 'gh', 1))",
        "$20|61620063646567680001|");
    RUN(HEX "return hex(struct.pack('!4 b i', 1, 2))", "$16|0100000002000000|");
    RUN("return {struct.unpack('>bHi', struct.pack('>bHi', -5, 65535, -70000))}",
        "*4|:-5|:65535|:-70000|:8|");
    RUN("return {struct.unpack('<sBc0', 'text\\0\\3abcd')}", "*3|$4|text|$3|abc|:10|");
    RUN("return {struct.unpack('b', 'abc', 3)}", "*2|:99|:4|");
    RUN("return struct.size('>!8bdi4c5')", ":25|");
    RUN("return {struct.unpack('>i9', string.rep('\\0', 8) .. '\\5')}", "*2|:5|:10|");
}
END_TEST

START_TEST(structBoundsEverySize) {
    RUN_FAILS("local x = struct.pack('I33', 1)", "integral size 33 is larger than limit of 32");
    RUN_FAILS("local x = struct.pack('i99999999999999999999', 1)", "integral size overflow");
    RUN_FAILS("local x = struct.unpack('c4294967295', 'x')", "integral size overflow");
    RUN_FAILS("local x = struct.unpack('c2147483647', 'x')", "data string too short");
    RUN_FAILS("local x = struct.unpack('d', 'x')", "data string too short");
    RUN_FAILS("local x = struct.unpack('s', 'x')", "unfinished string in data");
    RUN_FAILS("local x = struct.unpack('c0', 'x')", "format 'c0' needs a previous size");
    RUN_FAILS("local x = struct.unpack('Bc0', '\\255x')", "data string too short");
    RUN_FAILS("local x = struct.unpack('b', 'x', 0)", "offset must be 1 or greater");
    RUN_FAILS("local x = struct.unpack('b', 'x', 2^40)", "data string too short");
    RUN_FAILS("local x = struct.pack('!3b', 1)", "alignment 3 is not a power of 2");
    RUN_FAILS("local x = struct.pack('y', 1)", "invalid format option 'y'");
    RUN_FAILS("local x = struct.pack('c5', 'abc')", "string too short");
    RUN_FAILS("local x = struct.pack('b')", "number expected, got nil");
    RUN_FAILS("local x = struct.size('s')", "option 's' has no fixed size");
    RUN_FAILS("local x = struct.size('c0')", "option 'c0' has no fixed size");
    RUN_FAILS("local x = struct.size(string.rep('c2147483647', 2))", "format result too large");
}
END_TEST

/* ---- bit ---- */

START_TEST(bitsAreOf32) {
    RUN("return {bit.tobit(2^32 + 1), bit.bnot(0), bit.band(255, 15, 3), bit.bor(1, 2, 4), "
        "bit.bxor(5, 1), bit.lshift(1, 33), bit.rshift(-1, 28), bit.arshift(-256, 4), "
        "bit.rol(1, 31), bit.ror(1, 1), bit.bswap(1)}",
        "*11|:1|:-1|:3|:7|:4|:2|:15|:-16|:-2147483648|:-2147483648|:16777216|");
    RUN("return {bit.tohex(255), bit.tohex(255, 4), bit.tohex(255, -4), bit.tohex(1, 0)}",
        "*4|$8|000000ff|$4|00ff|$4|00FF|$0||");
    /* Minus the smallest integer is itself: it once was taken for a count of digits. */
    RUN("return bit.tohex(65535, -2147483648)", "$8|0000FFFF|");
    RUN("return bit.tohex(65535, 2^40)", "$8|0000ffff|");
}
END_TEST

TESTS_BETWEEN("lua_libraries", setup, done, jsonEncodes, jsonDecodes, jsonDepthHasAnEnd,
              jsonSettings, bigJsonIsWhole, messagePackTakesTheShortestForm,
              messagePackGivesBackWhatWasPacked, brokenMessagesAreRefused, structPacksAndUnpacks,
              structBoundsEverySize, bitsAreOf32)
