"""Where Ebb and redis-server 7.0.15 differ on purpose, because newer documentation wins.

Every entry needs its reason. A command is matched in printed form, as the differential driver
prints it: words in upper or lower case as they were sent, strange bytes quoted.
"""

# Never sent: after these the two servers would hold different data.
# (regular expression that the whole command matches, ignoring case; reason)
NOT_SENT = [
    (r'X\S+ .*\\x00.*', '7.0.15 reads the ID of a stream up to a zero byte'),
    (r'@?S?PUBLISH "" .*|@.*SUBSCRIBE (.* )?""( .*)?',
     'the pattern * matches a channel without a name, as it should; not in 7.0.15'),
    (r'CONFIG SET (\S+ \S+ )+notify-keyspace-events .*|'
     r'CONFIG SET notify-keyspace-events ("[^"]*"|\S+) .+',
     '7.0.15 loses the letter n when it takes back a CONFIG SET of which a part was wrong'),
    (r'HELLO \S+ (AUTH .*)?SETNAME ("[^"]*"|\S+) .+',
     'a HELLO with a wrong option changes nothing; 7.0.15 sets the name that stood before it'),
    (r'HELLO \S+ AUTH ("[^"]*"|\S+) ("[^"]*"|\S+) .+',
     'options are read before any is obeyed; 7.0.15 tries the password first'),
]

# Sent, and the script ends there: after these the two servers hold different data.
# (regular expression of the command; of Ebb's raw reply; of the oracle's raw reply; reason)
SERVERS_PART = [
    (r'XSETID .*', r'^-ERR The ID specified in XSETID is smaller than current max', r'^\+OK',
     'newer servers keep the last ID from falling behind the greatest one deleted'),
    (r'XGROUP .*ENTRIESREAD .*', r'^\+OK', r'^\+OK',
     'newer servers cap it at the number of entries ever added'),
    (r'PFADD .*', r'', r'^-INVALIDOBJ ',
     'a PFADD that meets corrupt bytes adds nothing; 7.0.15 keeps what it added until then'),
    (r'PF(ADD|COUNT|MERGE) .*', r'^-INVALIDOBJ ', r'^(:|\+OK)',
     'a sparse HyperLogLog that ends within a run: 7.0.15 reads on behind the end'),
    (r'COMMAND GETKEYS(ANDFLAGS)? ("(\\.|[^"\\])*"|\S+)', r'^\+QUEUED', r'^-ERR wrong number of ',
     'in MULTI: newer servers take a command without arguments'),
]

# Keyspace events that are never compared.
# (name of the event; reason)
EVENTS_OF_CHANCE = [
    ('evicted', 'which of several keys that were used equally goes first is chance'),
]

# The keyspace event of this name is not compared where this command stands.
# (regular expression of the command; name of the event; reason)
EVENTS_DIFFER = [
    (r'XREAD .*', 'keymiss', '7.0.15 looks every key up twice, and tells of it twice'),
    (r'(XREADGROUP|XCLAIM|XAUTOCLAIM|XGROUP) .*', 'xgroup-createconsumer|xgroup-delconsumer',
     'newer servers make a consumer even if there is nothing to read or claim'),
    (r'BITOP .*', 'del|expired', 'a target past its deadline expires; 7.0.15 deletes it'),
    (r'BITFIELD .*', 'setbit',
     'newer servers tell of each INCRBY and of a string that grew, and not of a SET of the same'),
    (r'SORT(_RO)? .*', 'keymiss', 'sets are read in an order of each server\'s own'),
    (r'SETBIT .*', 'setbit', 'newer servers do not tell of a SETBIT that changes nothing'),
]

# Sent, and the replies may differ; what they leave behind is the same.
# (regular expression of the command; of Ebb's raw reply; of the oracle's raw reply; reason)
REPLIES_DIFFER = [
    (r'FUNCTION LOAD .*', r'^-ERR Function \w+ already exists', r'^-ERR Function \w+ already exists',
     'of several functions that are there already one is named'),
    (r'(EVAL|EVAL_RO|SCRIPT LOAD) .*', r'^-ERR Error compiling', r'^-ERR Error compiling',
     'LuaJIT takes bytes over 127 for letters'),
    (r'XREAD.*', r'^-ERR Unbalanced', r'^-ERR Unbalanced', 'newer servers name the command'),
    (r'XGROUP CREATECONSUMER .*', r'^:[01]', r'^:[01]',
     'newer servers make a consumer even if there is nothing to read or claim'),
    (r'OBJECT ENCODING .*', r'^\$8\r\nlistpack', r'^\$9\r\nhashtable',
     'newer servers keep small sets as listpacks'),
    (r'OBJECT ENCODING .*', r'^\$8\r\nlistpack', r'^\$9\r\nquicklist',
     'newer servers keep small lists in one listpack'),
    (r'LPOS .* RANK -9223372036854775808.*', r'^-ERR value is out of range', r'^[:$*_]',
     'newer servers refuse the one rank whose opposite is no number'),
    (r'(BLPOP|BRPOP|BLMOVE|BRPOPLPUSH|BLMPOP) .*', r'^-ERR timeout is out of range',
     r'^-ERR timeout is negative', '7.0.15 takes a timeout too long to count for a negative one'),
    (r'OBJECT ENCODING h\d', r'^\$6\r\nembstr', r'^\$3\r\nraw',
     '7.0.15 unshares the string of a HyperLogLog before it knows whether it will be changed'),
    (r'\S+ HELP', r'^\*\d+\r\n\+', r'^\*\d+\r\n\+', 'help is in words of our own'),
    (r'SCAN .*\bTYPE\b.*', r'^-ERR unknown type name', r'^\*2\r\n',
     'newer servers refuse a type that does not exist, where 7.0 finds nothing'),
    (r'OBJECT FREQ .*', r'^:\d+\r\n$', r'^:\d+\r\n$',
     'the counter rises by chance, and that of a shared integer not at all'),
    (r'(GETRANGE|SUBSTR) .* -\d+', r'^\$0\r\n', r'^\$1\r\n',
     'a range that ends before the first byte is empty in newer servers'),
    (r'OBJECT IDLETIME .*', r'^:\d+\r\n$', r'^:\d+\r\n$',
     'all small integers of the oracle are one object with one time of use'),
    (r'(BITCOUNT|BITPOS) .*', r'^-ERR (syntax|value is not an int)', r'^(:(0|-1)|-WRONGTYPE .*)\r\n',
     'newer servers look at the arguments even if there is no key'),
    (r'CONFIG GET .*', r'\r\nAnKEm\r\n', r'\r\nAKEm\r\n',
     '7.0.15 obeys the letter n of notify-keyspace-events, but does not show it'),
    (r'CONFIG SET .*\bmaxmemory-policy\b.*', r'volatile-lrm', r'following: volatile-lru',
     'newer servers evict by the last change, too'),
    (r'CONFIG SET .*\bloglevel\b.*', r'notice, warning, nothing\r\n', r'notice, warning\r\n',
     'newer servers have one more level'),
    (r'COMMAND( INFO)?', r'^\*\d+\r\n', r'^\*\d+\r\n', 'each server lists its own commands'),
    (r'PEXPIRETIME .*', r'^:9223372036854775806\r\n$', r'^:9223372036854775807\r\n$',
     'the last millisecond of time stands for no deadline'),
    (r'COMMAND GETKEYS(ANDFLAGS)? ("(\\.|[^"\\])*"|\S+)', r'^-(ERR (Invalid|The command has no key)|OOM) ',
     r'^-ERR wrong number of arguments for ', 'newer servers take a command without arguments'),
    (r'COMMAND INFO .*\bMSETNX\b.*', r'^\*', r'^\*', 'newer servers give no tips for MSETNX'),
    (r'COMMAND INFO .*\b(RANDOMKEY|SCAN)\b.*', r'response_policy:special', r'request_policy:',
     'newer servers have one more tip'),
    (r'CONFIG SET .{128,}', r"^-ERR Unknown option .{165,180}'\r\n", r'^-ERR Unknown option .{165,}',
     'a long name is cut in the error text'),
    (r'(MEMORY|LATENCY) DOCTOR', r'^[$=]', r'^[$=]', 'the doctor speaks in words of our own'),
    (r'COMMAND INFO .*SUBSCRIBE\b.*', r'\+denyoom\r\n\+pubsub', r'[*~]4\r\n\+pubsub',
     'newer servers refuse to subscribe where memory is short'),
    (r'COMMAND INFO .*', r'\r\n\$5\r\nnotes\r\n', r'\r\n\$5\r\nnotes\r\n',
     'notes on keys are in words of our own'),
    (r'Z(REV)?RANK (("(\\.|[^"\\])*"|\S+) ?){3,}', r'', r'^-ERR wrong number of arguments for ',
     'WITHSCORE is newer than 7.0'),
    (r'COMMAND GETKEYS(ANDFLAGS)? PFMERGE \S+', r'^\*1\r\n', r'^-ERR Invalid arguments spec',
     'the sources of PFMERGE are optional, as its arity says'),
]
