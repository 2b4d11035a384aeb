"""How well and how fast file search finds: questions with known answers, queries over 10 to 10,000 chunks, first searches.

``python -m contract_tests.benchmarks.retrieval [--beside DIR]``: the first searches of stores are also measured with
another version. SQLite's FTS5 searches the same terms in the same run, so that the figures of a slow machine mean something too. Nothing
here fails for being slow.
"""

import argparse
import random
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import accumulate
from pathlib import Path
from statistics import median
from time import perf_counter

from contract_tests.benchmarks import scale, searchable
from contract_tests.benchmarks.figures import in_turn
from contract_tests.benchmarks.options import add_beside
from contract_tests.benchmarks.servers import THIS_VERSION, Version
from emulator.retrieval.ranking import Index
from emulator.retrieval.terms import count_terms, query_terms
from emulator.tests.documents.questions import library, place, questions

SIZES = (10, 1_000, 10_000)
FILES = (100, 1_000, 10_000)
QUERIES = 100


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m contract_tests.benchmarks.retrieval", description=__doc__)
    add_beside(parser)
    beside = parser.parse_args().beside
    print_quality()
    print_speed()
    print_first_searches([THIS_VERSION, *([beside] if beside else [])])


# --- quality --------------------------------------------------------------------------------------------------------


def print_quality() -> None:
    known = questions()
    print(f"Quality: {len(known)} questions, the right chunk first / among three / mean reciprocal rank")
    for max_tokens, overlap in ((100, 50), (120, 40), (200, 100), (800, 400)):
        index = library(max_tokens, overlap)
        places = [place(index, question) for question in known]
        first, three = (sum(at is not None and at <= most for at in places) / len(known) for most in (1, 3))
        mrr = sum(1 / at for at in places if at) / len(known)
        print(f"  {max_tokens:>4}/{overlap:<4} {len(index):>4} chunks   {first:6.1%}  {three:6.1%}  {mrr:.3f}")


# --- speed ----------------------------------------------------------------------------------------------------------


class Language:
    """Chunks and queries of about 780 tokens, three of four in words and one in Chinese characters, by Zipf's law."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        syllables = [a + b for a in "bcdfgklmnprst" for b in "aeiou"]
        self._words = ["".join(self._chance.choices(syllables, k=self._chance.randint(1, 4))) for _ in range(20_000)]
        self._characters = [chr(0x4E00 + n) for n in range(3_000)]
        self._weights = {size: list(accumulate(1 / (n + 4) for n in range(size))) for size in (20_000, 3_000)}

    def words(self, many: int) -> str:
        return " ".join(self._chance.choices(self._words, cum_weights=self._weights[20_000], k=many))

    def characters(self, many: int) -> str:
        return "".join(self._chance.choices(self._characters, cum_weights=self._weights[3_000], k=many))

    def chunks(self, many: int) -> list[str]:
        return [self.characters(780) if n % 4 == 3 else self.words(480) for n in range(many)]


def print_speed() -> None:
    print("Speed: chunks of about 780 tokens, ten to a file; milliseconds a query, min / median / max")
    for size in SIZES:
        print_speed_at(size)


def print_speed_at(size: int) -> None:
    language = Language(size)
    chunks = language.chunks(size)
    files = {f"file-{n}": chunks[n : n + 10] for n in range(0, size, 10)}
    index = Index()
    build = seconds(partial(fill, index, files))
    again = seconds(partial(index.add, "file-0", files["file-0"]))
    table, fts_build = full_text_table(chunks)
    print(
        f"  {size:>6} chunks: build {build:.2f} s (FTS5, terms given: {fts_build:.2f}), a file again {again * 1e3:.1f} ms"
    )
    kinds: dict[str, Callable[[], str]] = {
        "English": partial(language.words, 7),
        "Chinese": partial(language.characters, 14),
    }
    for kind, query in kinds.items():
        queries = [query() for _ in range(QUERIES)]
        ours = [seconds(partial(index.search, each, 20)) for each in queries]
        theirs = [seconds(partial(full_text_search, table, each)) for each in queries]
        ratio = median(one / other for one, other in zip(ours, theirs, strict=True))
        print(f"    {kind}: {spread(ours)}   FTS5 {spread(theirs)}   median of ratios {ratio:.2f}")
    table.close()


def print_first_searches(versions: Sequence[Version]) -> None:
    print("First search of a store through HTTP, after a start; over that of the smallest store: min / median / max")
    with tempfile.TemporaryDirectory(prefix="retrieval-") as folder:
        files = {size: Path(folder) / f"{size}.sqlite" for size in FILES}
        for size, file in files.items():
            searchable.fill(file, "vs_1", size)
        for version in versions:
            sides = [partial(scale.seconds_of_first_search, version, file, size) for size, file in files.items()]
            smallest, *others = in_turn(sides, rounds=3)
            print(f"  {version.describe():24} {FILES[0]:>6} files: {median(smallest):.2f} s")
            for size, times in zip(FILES[1:], others, strict=True):
                ratios = sorted(one / other for one, other in zip(times, smallest, strict=True))
                print(
                    f"  {'':24} {size:>6} files: {median(times):.2f} s   {' / '.join(f'{one:.1f}' for one in ratios)}"
                )


def fill(index: Index, files: Mapping[str, Sequence[str]]) -> None:
    for key, chunks in files.items():
        index.add(key, chunks)


def seconds(work: Callable[[], object]) -> float:
    begun = perf_counter()
    work()
    return perf_counter() - begun


def spread(times: Iterable[float]) -> str:
    ordered = sorted(time * 1e3 for time in times)
    return f"{ordered[0]:.2f} / {median(ordered):.2f} / {ordered[-1]:.2f}"


def full_text_table(chunks: Iterable[str]) -> tuple[sqlite3.Connection, float]:
    table = sqlite3.connect(":memory:")
    table.execute("CREATE VIRTUAL TABLE chunks USING fts5(terms)")
    rows = ((" ".join(count_terms(chunk).elements()),) for chunk in chunks)
    return table, seconds(lambda: table.executemany("INSERT INTO chunks VALUES (?)", rows))


def full_text_search(table: sqlite3.Connection, query: str) -> None:
    terms = " OR ".join(f'"{each.term}"' for each in query_terms(query))
    table.execute("SELECT rowid FROM chunks WHERE chunks MATCH ? ORDER BY rank LIMIT 20", (terms,)).fetchall()


if __name__ == "__main__":
    main()
