"""Operaton and Flowable: built with Maven once, then run as programs of their own."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from benchmarks.common_work.databases import LOCAL, Postgres
from benchmarks.common_work.rounds import Rates, Size
from benchmarks.peers.harness import Unavailable, copied, printed_rates, program, run

JAVA = "17"
ANY_VERSION = "[1,)"
"""When the registry does not serve the version a harness names: the newest it has."""


@functools.cache
def built(name: str) -> tuple[Path, str, str]:
    """The folder of a built harness, its class path and the version of its engine. Raises Unavailable."""
    program("java")
    where = copied(name)
    class_path = where / "target" / "class_path.txt"
    if not class_path.exists():
        try:
            _build(where, class_path)
        except Unavailable:
            _build(where, class_path, f"-Dengine.version={ANY_VERSION}")
    found = class_path.read_text(encoding="utf-8").strip()
    version = re.search(rf"{name}-engine-([\w.-]+)\.jar", found)
    return where, found, version[1] if version else "?"


def _build(where: Path, class_path: Path, *more: str) -> None:
    run(
        [
            program("mvn"),
            "-q",
            "-B",
            "compile",
            "dependency:build-classpath",
            f"-Dmdep.outputFile={class_path}",
            f"-Dmaven.compiler.source={JAVA}",
            f"-Dmaven.compiler.target={JAVA}",
            *more,
        ],
        where=where,
    )


def title(name: str) -> str:
    """The engine with its version."""
    return f"{name.capitalize()} {built(name)[2]}, history full"


def measure(name: str, server: Postgres, threads: int, size: Size) -> Rates:
    """One run on an empty database."""
    where, class_path, _ = built(name)
    database = server.empty()
    try:
        output = run(
            [
                program("java"),
                "-cp",
                f"{where / 'target' / 'classes'}:{class_path}",
                f"-Durl=jdbc:postgresql://{LOCAL}:{server.port}/{database}",
                "-Duser=postgres",
                "bench.Main",
                *(str(number) for number in (size.instances, size.whole, size.waiting, threads)),
            ],
            where=where,
        )
    finally:
        server.drop(database)
    return printed_rates(output)
