#!/usr/bin/env python3
"""Shows that each rule of tidy.py can fail: for every rule a small tree that breaks it and one
that nearly does."""
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tidy  # noqa: E402


def findings(rule, tree):
    """What 'rule' says of a tree given as {path: text}; only the places."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for path, text in tree.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        files = [tidy.File(root, path) for path in sorted(tree)]
        return [(path, line) for path, line, _ in rule(files, root)]


class Tidy(unittest.TestCase):
    def check(self, rule, broken, places, allowed):
        self.assertEqual(findings(rule, broken), places)
        self.assertEqual(findings(rule, allowed), [])

    def testUpwardIncludeIsFound(self):
        self.check(tidy.ruleFloors,
                   {'storage/struct/dict.c': '#include <stdio.h>\n#include "storage/db/db.h"\n',
                    'server/core/batch.c': '#include "server/commands/x.h"\n',
                    'tests/unit/storage/base/test_mem.c': '#include "storage/struct/dict.h"\n'},
                   [('server/core/batch.c', 1), ('storage/struct/dict.c', 2),
                    ('tests/unit/storage/base/test_mem.c', 1)],
                   {'storage/db/db.c': '#include "storage/struct/dict.h"\n'
                                       '#include "storage/db/db.h"\n#include "expire/index/i.h"\n',
                    'server/main.c': '#include "server/net/loop.h"\n',
                    'tests/unit/storage/db/test_db.c': '#include "tests/support/suite.h"\n',
                    'tests/integration/test_x.c': '#include "server/net/loop.h"\n'})

    def testIncludeThatDoesNotStartAtTheRootIsFound(self):
        self.check(tidy.ruleIncludePaths,
                   {'protocol/a.c': '#include "b.h"\n', 'protocol/b.h': '',
                    'storage/db/c.c': '#include "protocol/d_internal.h"\n',
                    'protocol/d_internal.h': '', 'tests/support/s.h': '',
                    'storage/db/e.c': '#include "tests/support/s.h"\n'},
                   [('protocol/a.c', 1), ('storage/db/c.c', 1), ('storage/db/e.c', 1)],
                   {'protocol/a.c': '#include "protocol/b_internal.h"\n#include <b.h>\n',
                    'protocol/b_internal.h': '',
                    'tests/unit/protocol/test_a.c': '#include "protocol/b_internal.h"\n'})

    def testForeignHeaderOutsideItsHomeIsFound(self):
        self.check(tidy.ruleForeignHeaders,
                   {'server/core/a.c': '#include <uv.h>\n', 'server/net/b.c': '#include <lua.h>\n',
                    'storage/db/c.c': '#include <pthread.h>\n',
                    'server/jobs/d.c': '#include <openssl/ssl.h>\n'},
                   [('server/core/a.c', 1), ('server/jobs/d.c', 1), ('server/net/b.c', 1),
                    ('storage/db/c.c', 1)],
                   {'server/net/a.c': '#include <uv.h>\n#include <pthread.h>\n',
                    'tests/sim/b.c': '#include <pthread.h>\n'})

    def testLongFileIsFound(self):
        self.check(tidy.ruleFileLength, {'protocol/a.c': '\n' * 901, 'tests/run': '#!x\n' * 901},
                   [('protocol/a.c', 901), ('tests/run', 901)],
                   {'protocol/a.c': '\n' * 900, 'redis.conf.example': '\n' * 2000})

    def testLongFunctionIsFound(self):
        def function(body_lines):
            return ('static int table[] = {1,\n2};\n#define X(a) {\\\n a }\n'
                    'static int f(int a,\n             int b) {\n' + '    g("}");\n' * body_lines
                    + '}\n')
        self.check(tidy.ruleFunctionLength,
                   {'protocol/a.c': function(68), 'tests/unit/protocol/test_a.c':
                    'START_TEST(x) {\n' + '    if (a) { b(); }\n' * 69 + '}\nEND_TEST\n'},
                   [('protocol/a.c', 5), ('tests/unit/protocol/test_a.c', 1)],
                   {'protocol/a.c': function(67) * 3, 'protocol/b.c':
                    'const row rows[] = {\n' + '    {.run = f(1)},\n' * 100 + '};\n',
                    'protocol/c.h': 'typedef struct {\n' + '    int (*f)(int);\n' * 100 + '} t;\n'})

    def testBannedCallIsFound(self):
        self.check(tidy.ruleBannedCalls,
                   {'protocol/a.c': 'int x = atoi("1");\n', 'protocol/b.c': 'void *p = malloc (2);\n',
                    'tests/unit/protocol/test_a.c': 'sleep(1);\nstrcpy(a, b);\n',
                    'storage/base/memory_map.c': '\nstrcat(a, b);\n'},
                   [('protocol/a.c', 1), ('protocol/b.c', 1), ('storage/base/memory_map.c', 2),
                    ('tests/unit/protocol/test_a.c', 1), ('tests/unit/protocol/test_a.c', 2)],
                   {'storage/base/mem.c': 'malloc(1);\n', 'storage/base/slab_page.c': 'free(a);\n',
                    'protocol/a.c': '/* malloc(1) */ x("atoi(1)"); memFree(a); v->free(a);\n',
                    'tests/model/a.c': 'free(a);\n'})

    def testMarkForLaterIsFound(self):
        self.check(tidy.ruleMarks,
                   {'a.md': 'x\nTO' 'DO: x\n', 'b.c': '/* FIX' 'ME */', 'c.sh': 'cd /ho' 'me/me/x\n'},
                   [('a.md', 2), ('b.c', 1), ('c.sh', 1)],
                   {'a.md': 'mktemp /tmp/x.XX' 'XXXX, TO' 'DOS, /usr/ro' 'ot/x\n'})

    def testStrangerAtTheTopIsFound(self):
        self.check(tidy.ruleTopLevel, {'notes.txt': '', 'README.md': '', 'utils/a.c': ''},
                   [('notes.txt', 1), ('utils', 1)], {'server/run': '', 'CMakeLists.txt': ''})

    def testMissingGuardIsFound(self):
        guard = '/* b.h - x */\n#ifndef EBB_PROTOCOL_B_H\n#define EBB_PROTOCOL_B_H\n#endif\n'
        self.check(tidy.ruleHeaderGuards, {'protocol/a.h': guard}, [('protocol/a.h', 1)],
                   {'protocol/b.h': guard, 'protocol/a.c': ''})

    def testHeaderWithoutHeadIsFound(self):
        self.check(tidy.ruleHeaderHeads, {'protocol/a.h': '#ifndef X\n'}, [('protocol/a.h', 1)],
                   {'protocol/a.h': '/* a.h - the letter a. */\n'})

    def testOtherLayoutIsFound(self):
        style = 'BasedOnStyle: LLVM\nIndentWidth: 4\n'
        self.check(tidy.ruleLayout, {'.clang-format': style, 'a.c': 'int f(void) {\n  return 1;\n}\n'},
                   [('a.c', 1)],
                   {'.clang-format': style, 'a.c': 'int f(void) { return 1; }\n'})


if __name__ == '__main__':
    result = unittest.main(exit=False, verbosity=0).result
    bad = len(result.failures) + len(result.errors)
    print(f'{result.testsRun - bad} passed, {bad} failed')
    sys.exit(1 if bad else 0)
