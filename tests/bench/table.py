"""The tables that benchmarks print: numbers, and whether they reach their targets."""


class Table:
    """Rows of one number each. 'missed' counts the targets that were not reached."""

    def __init__(self):
        self.missed = 0

    def row(self, who, what, value, unit='', target=None):
        verdict = ''
        if target is not None:
            verdict = f'<= {target:g} {self.judge(value, target)}'
        print(f'{who:6} {what:58} {value:10.2f} {unit:6} {verdict}', flush=True)

    def compare(self, what, ebb, redis, target, aim='ratio'):
        """A row with both servers; the target is for their ratio, or with 'aim' ebb for Ebb."""
        ratio = ebb / redis if redis else 0
        verdict = self.judge(ratio if aim == 'ratio' else ebb, target)
        print(f'{what:44} {ebb:9.3f} {redis:9.3f} {ratio:7.3f}   <= {target:<5g} {verdict}',
              flush=True)

    def compareHead(self, what, unit):
        print(f'{what:44} {"Ebb " + unit:>9} {"Redis " + unit:>9} {"ratio":>7}   target',
              flush=True)

    def judge(self, value, target):
        missed = not value <= target
        self.missed += missed
        return 'MISSED' if missed else 'ok'

    def note(self, who, text):
        print(f'{who:6} {text}', flush=True)

    def finish(self):
        """Prints the last line; returns the exit code."""
        print(f'{self.missed} targets missed')
        return 1 if self.missed else 0
