#!/usr/bin/env python3
"""The rules of the house, checked: floors, lengths, banned calls, layout.

Reads the files that git knows (or would add) in the folder given, by default this repository's.
Prints one line a finding, `path:line: what is wrong`, and at the end `N passed, N failed`, counted
in rules. What no rule can see (names, comments, design) is not its business.
"""
import argparse
import pathlib
import re
import subprocess
import sys

# The folder is the layer. A file includes from its own floor and lower ones; the longest prefix
# counts. Floors of equal rank do not exist: a lower number is a lower floor.
FLOORS = {
    'storage/base': 0,
    'protocol': 1,
    'storage/struct': 2,
    'storage/types': 3,
    'expire/index': 4,
    'storage/db': 5,
    'storage/persist': 6,
    'expire/cycle': 7,
    'server/core': 8,
    'server/session': 9,
    'server/observe': 10,
    'server/jobs': 11,
    'server/repl': 12,
    'server/cluster': 13,
    'server/script': 14,
    'server/commands': 15,
    'server/net': 16,
    'server': 17,
}

# Foreign headers that only some folders may know.
HEADER_HOMES = {
    r'uv\.h|uv/.*': ('server/net',),
    r'openssl/.*': ('server/net',),
    r'(lua|lualib|lauxlib|luajit|luaconf)\.h|lua5\.1/.*|luajit-2\.1/.*': ('server/script',),
    r'pthread\.h|threads\.h': ('server/jobs', 'server/net'),
    r'jemalloc/.*': ('storage/base',),
    r'xxhash\.h': ('storage/base',),
    r'check\.h|hiredis/.*': ('tests',),
}

TOP_LEVEL = {
    '.ci', '.clang-format', '.clang-tidy', '.gitignore', 'CMakeLists.txt', 'LICENSE', 'README.md',
    'expire', 'protocol', 'redis.conf.example', 'server', 'storage', 'tests',
}

BANNED_CALLS = {
    'strcpy', 'strcat', 'stpcpy', 'sprintf', 'vsprintf', 'gets', 'atoi', 'atol', 'atoll', 'atof',
    'alloca', 'strtok', 'strtok_r',
}
ALLOCATOR_CALLS = {
    'malloc', 'calloc', 'realloc', 'reallocarray', 'free', 'strdup', 'strndup', 'asprintf',
    'vasprintf', 'posix_memalign', 'aligned_alloc', 'memalign',
}
# Tests may use the allocator: a naive reference shall not stand on the code it checks.
ALLOCATOR_HOMES = re.compile(r'storage/base/(mem|slab)\w*\.[ch]$|tests/')

MAX_FILE_LINES = 900
MAX_FUNCTION_LINES = 70

CODE_SUFFIXES = {'.c', '.h', '.py', '.sh', '.cmake', '.tcl', '.js'}


class File:
    """A tracked file: its path from the root, its text, and for C its text without comments and
    literals (blanked out, so that lines and columns stay)."""

    def __init__(self, root, path):
        self.path = path
        self.name = path.rsplit('/', 1)[-1]
        self.suffix = pathlib.PurePosixPath(path).suffix
        raw = (root / path).read_bytes()
        self.is_binary = b'\0' in raw
        self.text = '' if self.is_binary else raw.decode('utf-8', 'replace')
        self.lines = self.text.split('\n')
        self.is_c = self.suffix in ('.c', '.h')
        self.code = blankLiterals(self.text) if self.is_c else ''

    def isIn(self, folder):
        return self.path.startswith(folder + '/')

    def isProgram(self):
        return self.suffix in CODE_SUFFIXES or self.text.startswith('#!')


LITERAL = re.compile(
    r'''//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*\'''', re.DOTALL)


def blankLiterals(text):
    """Comments become blanks; of strings and characters the quotes stay."""
    def blank(match):
        found = match.group(0)
        if found[0] == '/':
            return re.sub(r'[^\n]', ' ', found)
        return found[0] + re.sub(r'[^\n]', ' ', found[1:-1]) + found[-1]
    return LITERAL.sub(blank, text)


def lineOf(text, offset):
    return text.count('\n', 0, offset) + 1


def floorOf(path):
    """The floor of a file, or None outside of the floors. A test of one module (tests/unit,
    tests/model) stands on the floor of the folder that it mirrors; other tests see everything."""
    mirrored = re.match(r'tests/(?:unit|model)/(.*)', path)
    if mirrored:
        path = mirrored.group(1)
    elif path.startswith('tests/'):
        return None
    folders = [f for f in FLOORS if path.startswith(f + '/')]
    return FLOORS[max(folders, key=len)] if folders else None


def includesOf(file):
    """(line, header, is it quoted)"""
    for number, line in enumerate(file.lines, 1):
        match = re.match(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', line)
        if match:
            yield number, match.group(1) or match.group(2), bool(match.group(1))


# ---- The rules. Each takes all files and yields (path, line, what is wrong). ----

def ruleFloors(files, root):
    """a file includes only its own floor and lower ones"""
    for file in files:
        floor = floorOf(file.path) if file.is_c else None
        if floor is None:
            continue
        for line, header, quoted in includesOf(file):
            other = floorOf(header) if quoted else None
            if other is not None and other > floor:
                yield file.path, line, f'includes {header} of floor {other} from floor {floor}'


def ruleIncludePaths(files, root):
    """a quoted include is a path from the root, and internal headers stay inside their folder"""
    for file in files:
        if not file.is_c:
            continue
        for line, header, quoted in includesOf(file):
            if not quoted:
                continue
            if not (root / header).is_file():
                yield file.path, line, f'there is no "{header}" from the root'
            folder = header.rsplit('/', 1)[0]
            # A test may look inside the module it mirrors.
            seen_from = re.sub(r'^tests/(unit|model)/', '', file.path).rsplit('/', 1)[0]
            if header.endswith('_internal.h') and folder != seen_from:
                yield file.path, line, f'{header} is for {folder}/ only'
            if header.startswith('tests/') and not file.isIn('tests'):
                yield file.path, line, f'{header} belongs to the tests'


def ruleForeignHeaders(files, root):
    """a foreign library is known in one place only"""
    for file in files:
        if not file.is_c or file.isIn('tests'):
            continue
        for line, header, quoted in includesOf(file):
            for pattern, homes in HEADER_HOMES.items():
                if re.fullmatch(pattern, header) and not any(file.isIn(h) for h in homes):
                    yield file.path, line, f'{header} is for {", ".join(homes)} only'


def ruleFileLength(files, root):
    """no program file is longer than 900 lines"""
    for file in files:
        length = file.text.count('\n')
        if file.isProgram() and length > MAX_FILE_LINES:
            yield file.path, length, f'{length} lines, at most {MAX_FILE_LINES}'


def functionsOf(file):
    """(first line, last line, name) of each function body. A brace at depth 0 opens a function
    where a parameter list stands before it; initialisers and types have '=' or no ')'."""
    code = re.sub(r'^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', lambda m: re.sub(r'[^\n]', ' ', m.group(0)),
                  file.code, flags=re.MULTILINE)
    depth, head_start, opened = 0, 0, None
    for match in re.finditer(r'[{};]', code):
        at, what = match.start(), match.group(0)
        if what == '{':
            if depth == 0:
                head = code[head_start:at]
                if head.rstrip().endswith(')') and '=' not in head:
                    first = head_start + len(head) - len(head.lstrip())
                    name = re.search(r'(\w+)\s*\(', head)
                    opened = (lineOf(code, first), name.group(1) if name else '?')
            depth += 1
        elif what == '}':
            depth -= 1
            if depth == 0 and opened:
                yield opened[0], lineOf(code, at), opened[1]
                opened = None
            if depth <= 0:
                depth, head_start = 0, at + 1
        elif depth == 0:
            head_start = at + 1


def ruleFunctionLength(files, root):
    """no function is longer than 70 lines"""
    for file in files:
        if not file.is_c:
            continue
        for first, last, name in functionsOf(file):
            if last - first + 1 > MAX_FUNCTION_LINES:
                yield file.path, first, (f'{name} has {last - first + 1} lines, '
                                         f'at most {MAX_FUNCTION_LINES}')


def ruleBannedCalls(files, root):
    """no call that cannot be used safely, no allocation past mem.h and slab.h, no sleep in tests"""
    call = re.compile(r'(?<![\w.>])(\w+)\s*\(')
    for file in files:
        if not file.is_c:
            continue
        for match in call.finditer(file.code):
            name = match.group(1)
            line = lineOf(file.code, match.start())
            if name in BANNED_CALLS:
                yield file.path, line, f'{name}() is banned'
            elif name in ALLOCATOR_CALLS and not ALLOCATOR_HOMES.match(file.path):
                yield file.path, line, f'{name}() is for mem.c and slab.c only'
            elif name in ('sleep', 'usleep') and file.isIn('tests'):
                yield file.path, line, f'{name}() in a test: wait for a condition instead'


def ruleMarks(files, root):
    """nothing is left for later, and no path of somebody's machine stands in a file"""
    # Written in pieces, so that the rule does not find itself.
    mark = re.compile(r'\b(?:TO' r'DO|FIX' r'ME|XX' r'X|HA' r'CK)\b')
    machine = re.compile(r'(?<![\w.])/(?:ro' r'ot|wo' r'rk|ho' r'me/\w+)/\w')
    for file in files:
        for number, line in enumerate(file.lines, 1):
            if mark.search(line):
                yield file.path, number, 'a mark for later: ' + line.strip()
            if machine.search(line):
                yield file.path, number, 'a path of one machine: ' + line.strip()


def ruleTopLevel(files, root):
    """the top level holds only what the design names"""
    for entry in sorted({f.path.split('/')[0] for f in files} - TOP_LEVEL):
        yield entry, 1, 'has no place at the top level'


def ruleHeaderGuards(files, root):
    """a header has a guard named after its path"""
    for file in files:
        if file.suffix != '.h':
            continue
        guard = 'EBB_' + re.sub(r'\W', '_', file.path[:-2]).upper() + '_H'
        if not re.search(rf'^#ifndef {guard}\n#define {guard}\n', file.code, re.MULTILINE):
            yield file.path, 1, f'has no guard {guard}'


def ruleHeaderHeads(files, root):
    """a header begins with a comment that says what it is: /* name.h - what it is"""
    for file in files:
        if file.suffix == '.h' and not file.text.startswith(f'/* {file.name} - '):
            yield file.path, 1, f'does not begin with "/* {file.name} - " and what it is'


def ruleLayout(files, root):
    """clang-format would change nothing"""
    sources = [f.path for f in files if f.is_c]
    if not sources:
        return
    done = subprocess.run(['clang-format', '--dry-run', '-Werror', *sources], cwd=root, text=True,
                          capture_output=True)
    seen = set()
    for match in re.finditer(r'^(.+?):(\d+):\d+: error: ', done.stderr, re.MULTILINE):
        if match.group(1) not in seen:
            seen.add(match.group(1))
            yield match.group(1), int(match.group(2)), 'is not as clang-format writes it'
    if done.returncode and not seen:
        yield '.clang-format', 1, 'clang-format failed: ' + done.stderr.strip()


RULES = [ruleFloors, ruleIncludePaths, ruleForeignHeaders, ruleFileLength, ruleFunctionLength,
         ruleBannedCalls, ruleMarks, ruleTopLevel, ruleHeaderGuards, ruleHeaderHeads, ruleLayout]


def readFiles(root):
    """What git knows, and what it would add: a new file shall be found before its commit. Without
    git's data, as in an unpacked archive, every file outside of the build folders."""
    if (root / '.git').exists():
        listed = subprocess.run(['git', '-c', 'safe.directory=*', 'ls-files', '-z', '--cached',
                                 '--others', '--exclude-standard'],
                                cwd=root, check=True, capture_output=True, text=True).stdout
        paths = {p for p in listed.split('\0') if p and (root / p).is_file()}
    else:
        paths = {str(p.relative_to(root)) for p in root.rglob('*') if p.is_file()}
        paths = {p for p in paths if not re.match(r'build(-\w+)?/', p) and '__pycache__' not in p}
    return [File(root, p) for p in sorted(paths)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('root', nargs='?', type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parents[2])
    root = parser.parse_args().root.resolve()
    files = readFiles(root)
    failed = 0
    for rule in RULES:
        found = list(rule(files, root))
        if found:
            failed += 1
            print(f'{rule.__doc__}:')
            for path, line, what in found:
                print(f'  {path}:{line}: {what}')
    print(f'{len(RULES) - failed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
