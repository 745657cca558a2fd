"""Hostile expressions, and what each costs before it is stopped.

python -m benchmarks.feel_bombs

A bomb is read and evaluated from nothing each time, its memory measured in a process of its own.
"""

from __future__ import annotations

import os
import resource
import sys
import time

from engine.languages.feel import FeelError, compile_expression

REFUSED = {
    "parentheses": "(" * 5_000 + "1" + ")" * 5_000,
    "lists": "[" * 5_000 + "1" + "]" * 5_000,
    "ranges": "[" * 3_000 + "1..2]",
    "contexts": "{a:" * 3_000 + "1" + "}" * 3_000,
    "minuses": "-" * 15_000 + "1",
    "not": "not(" * 4_000 + "true" + ")" * 4_000,
    "filters": "a" + "[1" * 5_000 + "]" * 5_000,
    "types": "1 instance of " + "list<" * 3_000 + "Any" + ">" * 3_000,
    "long": "1+" * 200_000 + "1",
    "loop": "for i in 1..1000000000 return i",
    "loop of nothing": "for i in 1..1000000000 return null",
    "nested loops": "for a in 1..100000, b in 1..100000, c in 1..100000 return a*b*c",
    "quantifier": "every x in 1..1000000000 satisfies x > 0",
    "heavy quantifier": "some a in 1..10000, b in 1..10000 satisfies a * b ** 2.5 < 0",
    "days": 'for d in @"0001-01-01"..@"9999-12-31" return for e in @"0001-01-01"..@"9999-12-31" return e',
    "recursion": "{f: function(n) f(n + 1), r: f(1)}.r",
    "mutual recursion": "{f: function(g, n) g(g, n), r: f(f, 1)}.r",
    "branching recursion": "{f: function(n) if n = 0 then 1 else f(n - 1) + f(n - 1), r: f(70)}.r",
    "wide recursion": "{f: function(n) for i in 1..1000 return f(n + 1), r: f(1)}.r",
    "doubling text": '{f: function(s, n) if n = 0 then s else f(s + s, n - 1), r: f("aaaaaaaaaa", 60)}.r',
    "doubling list": "{f: function(l, n) if n = 0 then l else f(concatenate(l, l), n - 1), r: f([1,2,3], 60)}.r",
    "tree shown": "{f: function(l, n) if n = 0 then l else f([l, l], n - 1), r: string(f([1], 60))}.r",
    "tree compared": "{f: function(l, n) if n = 0 then l else f([l, l], n - 1), r: f([1], 60) = f([1], 60)}.r",
    "tree flattened": "{f: function(l, n) if n = 0 then l else f([l, l], n - 1), r: flatten(f([1], 60))}.r",
    "tree returned": "{f: function(l, n) if n = 0 then l else f([l, l], n - 1), r: f([1], 60)}.r",
    "texts kept": 'for i in 1..20000 return string join(for j in 1..50 return "aaaaaaaaaaaaaaaaaaaaaaaaa")',
    "partial": "for i in 1..100000 return partial",
    "partial copied": "for i in 1..100000 return concatenate(partial, partial)",
    "distinct": "distinct values(for i in 1..40000 return [i])",
    "sorting": "sort(for i in 1..40000 return -i, function(a, b) a < b)",
    "powers": "for i in 1..100000 return 1.0000001 ** (i * 1.1)",
    "exponentials": "for i in 1..100000 return exp(i / 7.3)",
    "roots": "for i in 1..100000 return log(sqrt(i))",
    "replacing": '{f: function(s, n) if n = 0 then s else f(replace(s, "a", "aaaaaaaaaa"), n - 1), r: f("a", 60)}.r',
    "splitting": '{s: string join(for i in 1..9000 return "a,a,a,a,a,"), r: for i in 1..1000 return split(s, ",")}.r',
    "wide context": "for i in 1..10000 return {a: i, b: [i, i, i], c: string(i), d: {e: i}}",
    "comment": "/*" * 9_000,
    "quote": '"' + "a" * 19_000,
    "keys": "{" + ", ".join(f"k{i}: {i}" for i in range(4_000)) + "}",
}

HARMLESS = {
    "tower": "9 ** 9 ** 9 ** 9 ** 9",
    "large power": "10 ** 1000000000",
    "small power": "10 ** -1000000000",
    "large exponential": "exp(1000000000)",
    "rounding": "round up(1 / 3, 6000)",
    "modulo": "modulo(10 ** 6000, 3)",
    "large text of a number": "string(10 ** 6000)",
    "backtracking": 'matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "^(a+)+$x")',
    "alternation": 'matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "^(a|a|aa)+$")',
    "repetition": 'matches("aaaa", "((a{1,100}){1,100}){1,100}")',
    "stars": 'replace("' + "a" * 5_000 + '", "a*a*a*a*a*a*a*a*b", "x")',
    "long duration": 'duration("P999999999999Y") * 10 ** 30',
    "far date": 'date("9999-12-31") + duration("P999999999D")',
    "huge position": "[1,2,3][10 ** 300]",
    "huge range": "count([1..10 ** 300])",
    "long number": "9" * 10_000,
    "many digits": "0." + "9" * 10_000 + " * 3",
    "huge integer": "round half up(12345678901234567890123456789012345678901234567890, 10 ** 5)",
}


def attempt(text: str) -> object:
    """The value of an expression, or the error it ends in."""
    try:
        return compile_expression(text).evaluate({})
    except FeelError as error:
        return error


MILLISECONDS, MEGABYTES = 100, 50
"""What one of them may take."""


def milliseconds(text: str) -> float:
    """The processor's time for it, from the text to the end; the better of two, once the machine was busy."""
    return min(_timed(text) for _ in range(2))


def _timed(text: str) -> float:
    from engine.languages.feel import expression

    expression._compiled.cache_clear()
    started = time.process_time()
    attempt(text)
    return (time.process_time() - started) * 1000


def megabytes(text: str) -> float:
    """How much the peak memory of a process grows that does nothing else."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        attempt(text)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        os.write(writing, str(grown).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return int(told) / 1024


def main() -> int:
    """Prints each bomb with its time and memory, then the worst; the result is 1 when one takes more than it may."""
    attempt("1 + 1")
    bombs = REFUSED | HARMLESS
    times: dict[str, float] = {}
    sizes: dict[str, float] = {}
    for name, text in bombs.items():
        times[name], sizes[name] = milliseconds(text), megabytes(text)
        outcome = attempt(text)
        said = outcome.code if isinstance(outcome, FeelError) else "a value"
        print(f"{name:28} {times[name]:7.1f} ms {sizes[name]:6.1f} MB  {said}")
    slow, large = max(times, key=times.__getitem__), max(sizes, key=sizes.__getitem__)
    print(
        f"{len(bombs)} bombs; worst: {times[slow]:.1f} ms ({slow}), {sizes[large]:.1f} MB ({large}); "
        f"allowed {MILLISECONDS} ms, {MEGABYTES} MB"
    )
    return int(times[slow] > MILLISECONDS or sizes[large] > MEGABYTES)


if __name__ == "__main__":
    sys.exit(main())
