"""Where Ebb and redis-server 7.0.15 differ on purpose, because newer documentation wins.

Every entry needs its reason. A command is matched in printed form, as the differential driver
prints it: words in upper or lower case as they were sent, strange bytes quoted.
"""

# Never sent: after these the two servers would hold different data.
# (regular expression that the whole command matches, ignoring case; reason)
NOT_SENT = [
    (r'HELLO \S+ (AUTH .*)?SETNAME ("[^"]*"|\S+) .+',
     'a HELLO with a wrong option changes nothing; 7.0.15 sets the name that stood before it'),
    (r'HELLO \S+ AUTH ("[^"]*"|\S+) ("[^"]*"|\S+) .+',
     'options are read before any is obeyed; 7.0.15 tries the password first'),
]

# Sent, and the replies may differ; what they leave behind is the same.
# (regular expression of the command; of Ebb's raw reply; of the oracle's raw reply; reason)
REPLIES_DIFFER = [
    (r'\S+ HELP', r'^\*\d+\r\n\+', r'^\*\d+\r\n\+', 'help is in words of our own'),
    (r'SCAN .*\bTYPE\b.*', r'^-ERR unknown type name', r'^\*2\r\n',
     'newer servers refuse a type that does not exist, where 7.0 finds nothing'),
    (r'OBJECT FREQ .*', r'^:\d+\r\n$', r'^:\d+\r\n$',
     'the counter rises by chance, and that of a shared integer not at all'),
    (r'(GETRANGE|SUBSTR) .* -\d+', r'^\$0\r\n', r'^\$1\r\n',
     'a range that ends before the first byte is empty in newer servers'),
    (r'OBJECT IDLETIME .*', r'^:\d+\r\n$', r'^:\d+\r\n$',
     'all small integers of the oracle are one object with one time of use'),
    (r'PEXPIRETIME .*', r'^:9223372036854775806\r\n$', r'^:9223372036854775807\r\n$',
     'the last millisecond of time stands for no deadline'),
    (r'COMMAND GETKEYS(ANDFLAGS)? .*', r'^-ERR (Invalid|The command has no key) ',
     r'^-ERR wrong number of arguments for ', 'newer servers take a command without arguments'),
    (r'COMMAND GETKEYS(ANDFLAGS)? PFMERGE \S+', r'^\*1\r\n', r'^-ERR Invalid arguments ',
     'PFMERGE without sources is a call, and has a key'),
    (r'COMMAND INFO', r'^\*\d\d+\r\n', r'^\*240\r\n', 'all commands: not the same ones'),
    (r'COMMAND INFO .*\bMSETNX\b.*', r'^\*', r'^\*', 'newer servers give no tips for MSETNX'),
]
