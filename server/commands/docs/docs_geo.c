#include "server/commands/docs/docs_internal.h"

#define UNIT                                                                                       \
    ONEOF("unit", OF(TOKEN("m", "M"), TOKEN("km", "KM"), TOKEN("ft", "FT"), TOKEN("mi", "MI")))
#define COUNT_BLOCK                                                                                \
    BLOCK("count-block", OPTIONAL,                                                                 \
          OF(INTEGER("count", .token = "COUNT"), TOKEN("any", "ANY", OPTIONAL)))
#define COUNT_BLOCK_OLD                                                                            \
    BLOCK("count-block", OPTIONAL,                                                                 \
          OF(INTEGER("count", .token = "COUNT"), TOKEN("any", "ANY", .since = "6.2.0", OPTIONAL)))
#define ORDER ONEOF("order", OPTIONAL, OF(TOKEN("asc", "ASC"), TOKEN("desc", "DESC")))
#define WITH                                                                                       \
    TOKEN("withcoord", "WITHCOORD", OPTIONAL), TOKEN("withdist", "WITHDIST", OPTIONAL),            \
        TOKEN("withhash", "WITHHASH", OPTIONAL)
#define STORE                                                                                      \
    ONEOF("store", OPTIONAL,                                                                       \
          OF(KEY("storekey", .key_spec = 1, .token = "STORE"),                                     \
             KEY("storedistkey", .key_spec = 2, .token = "STOREDIST")))
#define FROM                                                                                       \
    ONEOF("from", OF(STRING("member", .token = "FROMMEMBER"),                                      \
                     BLOCK("fromlonlat", .token = "FROMLONLAT",                                    \
                           OF(DOUBLE("longitude"), DOUBLE("latitude")))))
#define BY                                                                                         \
    ONEOF("by", OF(BLOCK("circle", OF(DOUBLE("radius", .token = "BYRADIUS"), UNIT)),               \
                   BLOCK("box", OF(DOUBLE("width", .token = "BYBOX"), DOUBLE("height"), UNIT))))

const commandDoc docsGeo[] = {
    {.name = "geoadd",
     .since = "3.2.0",
     .complexity = "O(log(N)) for each place",
     .summary = "Puts named places into a sorted set, by longitude and latitude.",
     .history = HISTORY({"6.2.0", "CH, NX and XX are new."}),
     .arguments = ARGUMENTS(
         KEY("key"),
         ONEOF("condition", .since = "6.2.0", OPTIONAL, OF(TOKEN("nx", "NX"), TOKEN("xx", "XX"))),
         TOKEN("change", "CH", .since = "6.2.0", OPTIONAL),
         BLOCK("data", MULTIPLE, OF(DOUBLE("longitude"), DOUBLE("latitude"), STRING("member"))))},
    {.name = "geodist",
     .since = "3.2.0",
     .complexity = "O(1)",
     .summary = "How far two places are from each other.",
     .arguments = ARGUMENTS(
         KEY("key"), STRING("member1"), STRING("member2"),
         ONEOF("unit", OPTIONAL,
               OF(TOKEN("m", "M"), TOKEN("km", "KM"), TOKEN("ft", "FT"), TOKEN("mi", "MI"))))},
    {.name = "geohash",
     .since = "3.2.0",
     .complexity = "O(1) for each member",
     .summary = "Places as geohash texts that other programs understand.",
     .arguments = ARGUMENTS(KEY("key"), STRING("member", OPTIONAL, MULTIPLE))},
    {.name = "geopos",
     .since = "3.2.0",
     .complexity = "O(1) for each member",
     .summary = "Longitude and latitude of places.",
     .arguments = ARGUMENTS(KEY("key"), STRING("member", OPTIONAL, MULTIPLE))},
    {.name = "georadius",
     .since = "3.2.0",
     .complexity = "O(N+log(M))",
     .summary = "Places within a distance from a point; may store them.",
     .deprecated_since = "6.2.0",
     .replaced_by = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument",
     .history = HISTORY({"6.2.0", "COUNT takes ANY."}, {"7.0.0", "Units in upper case."}),
     .arguments = ARGUMENTS(KEY("key"), DOUBLE("longitude"), DOUBLE("latitude"), DOUBLE("radius"),
                            UNIT, WITH, COUNT_BLOCK_OLD, ORDER, STORE)},
    {.name = "georadius_ro",
     .since = "3.2.10",
     .complexity = "O(N+log(M))",
     .summary = "Places within a distance from a point; may run on replicas.",
     .deprecated_since = "6.2.0",
     .replaced_by = "`GEOSEARCH` with the `BYRADIUS` argument",
     .history = HISTORY({"6.2.0", "COUNT takes ANY."}),
     .arguments = ARGUMENTS(KEY("key"), DOUBLE("longitude"), DOUBLE("latitude"), DOUBLE("radius"),
                            UNIT, WITH, COUNT_BLOCK_OLD, ORDER)},
    {.name = "georadiusbymember",
     .since = "3.2.0",
     .complexity = "O(N+log(M))",
     .summary = "Places within a distance from a member; may store them.",
     .deprecated_since = "6.2.0",
     .replaced_by =
         "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments",
     .history = HISTORY({"6.2.0", "COUNT takes ANY."}, {"7.0.0", "Units in upper case."}),
     .arguments = ARGUMENTS(KEY("key"), STRING("member"), DOUBLE("radius"), UNIT, WITH,
                            COUNT_BLOCK_OLD, ORDER, STORE)},
    {.name = "georadiusbymember_ro",
     .since = "3.2.10",
     .complexity = "O(N+log(M))",
     .summary = "Places within a distance from a member; may run on replicas.",
     .deprecated_since = "6.2.0",
     .replaced_by = "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments",
     .history = HISTORY({"6.2.0", "COUNT takes ANY."}),
     .arguments = ARGUMENTS(KEY("key"), STRING("member"), DOUBLE("radius"), UNIT, WITH,
                            COUNT_BLOCK_OLD, ORDER)},
    {.name = "geosearch",
     .since = "6.2.0",
     .complexity = "O(N+log(M))",
     .summary = "Places inside a circle or a box.",
     .history = HISTORY({"7.0.0", "Units in upper case."}),
     .arguments = ARGUMENTS(KEY("key"), FROM, BY, ORDER, COUNT_BLOCK, WITH)},
    {.name = "geosearchstore",
     .since = "6.2.0",
     .complexity = "O(N+log(M))",
     .summary = "Stores the places inside a circle or a box, or their distances.",
     .history = HISTORY({"7.0.0", "Units in upper case."}),
     .arguments = ARGUMENTS(KEY("destination"), KEY("source", .key_spec = 1), FROM, BY, ORDER,
                            COUNT_BLOCK, TOKEN("storedist", "STOREDIST", OPTIONAL))},
    {0},
};
