"""This engine at the common piece of work, in every way it can be reached; each measure on a database of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.common_work import databases
from benchmarks.common_work.rounds import Rates, Size, Way, measure


@dataclass(frozen=True)
class Ours:
    """`furnished` is a database of the server that each measure copies."""

    server: databases.Postgres
    furnished: str

    def services(self, clients: int, size: Size) -> Rates:
        """The services, on PostgreSQL; each client a process with an engine of its own."""
        with self._copy() as url:
            return measure(Way("services", url), clients, size)

    def services_without_memory(self, clients: int, size: Size) -> Rates:
        """The services, on PostgreSQL, as if each case had last stepped in another process."""
        with self._copy() as url:
            return measure(Way("services", url, remembers=False), clients, size)

    def services_on_file(self, clients: int, size: Size) -> Rates:
        """The services, on SQLite."""
        with databases.sqlite() as url:
            return measure(Way("services", url), clients, size)

    def pages(self, clients: int, size: Size) -> Rates:
        """The pages of one `patti serve`, on PostgreSQL."""
        with self._copy() as url, databases.serve(url) as address:
            return measure(Way("pages", address), clients, size)

    def pages_on_file(self, clients: int, size: Size) -> Rates:
        """The pages of one `patti serve`, on SQLite."""
        with databases.sqlite() as url, databases.serve(url) as address:
            return measure(Way("pages", address), clients, size)

    @contextlib.contextmanager
    def _copy(self) -> Iterator[str]:
        name = self.server.copy(self.furnished)
        try:
            yield self.server.url(name)
        finally:
            self.server.drop(name)
