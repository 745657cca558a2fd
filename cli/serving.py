"""`patti serve` and `patti worker`: the web server and the background worker."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import signal
import threading
from collections.abc import Callable
from typing import Any

import click
from flask import Flask

from cli.gc_tuning import tune_garbage_collection
from cli.printing import log, opened
from engine.engine import Engine
from engine.settings import Settings

THREADS = 8
GRACE_SECONDS = 25

logger = logging.getLogger(__name__)


@click.command(short_help="Avvia le pagine.")
@click.option("--host", help="Indirizzo su cui ascoltare (altrimenti l'impostazione host).")
@click.option("--port", type=int, help="Porta (altrimenti l'impostazione port).")
@click.option(
    "--server",
    type=click.Choice(["auto", "gunicorn", "waitress"]),
    default="auto",
    show_default=True,
    help="Il server delle pagine: gunicorn su Linux, waitress ovunque.",
)
@click.option(
    "--threads", type=click.IntRange(2, 64), default=THREADS, show_default=True, help="Fili di lavoro."
)
def serve(host: str | None, port: int | None, server: str, threads: int) -> None:
    """Avvia le pagine; scadenze ed e-mail girano nello stesso processo, se embedded_jobs è attivo.

    Un processo solo con più fili: lo scadenzario è uno. Si ferma con Ctrl-C o SIGTERM, dopo aver finito le richieste
    in corso. Per più processi: embedded_jobs = false qui e `patti worker` accanto.
    """
    settings = Settings.load()
    settings = settings.with_(host=host or settings.host, port=port or settings.port)
    log(settings.log_level)
    _prepare_database(settings)
    click.echo(f"Patti gener-attivi: http://{settings.host}:{settings.port}  (Ctrl-C per fermare)")
    has_gunicorn = importlib.util.find_spec("gunicorn") is not None
    if server == "gunicorn" or (server == "auto" and has_gunicorn):
        _with_gunicorn(settings, threads)
    else:
        _with_waitress(settings, threads)


def _prepare_database(settings: Settings) -> None:
    """Migrate the schema before serving; warn when nothing is deployed."""
    engine = Engine.open(settings)
    try:
        if not engine.repository.list():
            click.echo(
                "Nessun processo è pubblicato: `patti deploy processes`, oppure `patti demo`.", err=True
            )
    finally:
        engine.close()


def _application(settings: Settings) -> tuple[Engine, Flask]:
    from web.app import create_app

    engine = Engine.open(settings, upgrade=False)
    app = create_app(engine, settings)
    tune_garbage_collection()
    if settings.embedded_jobs:
        engine.start_jobs()
    return engine, app


def _with_gunicorn(settings: Settings, threads: int) -> None:
    from gunicorn.app.base import BaseApplication

    engines: list[Engine] = []

    class Pages(BaseApplication):  # type: ignore[misc]
        """Gunicorn with its settings given here; the engine is opened in the worker, after the fork."""

        def load_config(self) -> None:
            """One worker with several threads, so that the embedded scheduler is one."""
            chosen: dict[str, Any] = {
                "bind": f"{settings.host}:{settings.port}",
                "workers": 1,
                "threads": threads,
                "worker_class": "gthread",
                "graceful_timeout": GRACE_SECONDS,
                "timeout": 120,
                "loglevel": settings.log_level.lower(),
                "proc_name": "patti",
                "control_socket_disable": True,
                "worker_exit": _close_engines(engines),
            }
            for name, value in chosen.items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            """The application of this worker."""
            engine, app = _application(settings)
            engines.append(engine)
            return app

    Pages(prog="patti serve").run()


def _close_engines(engines: list[Engine]) -> Callable[[Any, Any], None]:
    def close(server: Any, worker: Any) -> None:
        while engines:
            engines.pop().close()

    return close


def _with_waitress(settings: Settings, threads: int) -> None:
    from waitress.server import create_server

    engine, app = _application(settings)
    server: Any = create_server(app, host=settings.host, port=settings.port, threads=threads)
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGTERM, lambda *_: _interrupt())
    try:
        server.run()
    finally:
        server.close()
        engine.close()


def _interrupt() -> None:
    raise KeyboardInterrupt


@click.command(short_help="Esegue scadenze e consegne, senza pagine.")
@click.option(
    "--port", type=int, help="Porta su cui rispondere di salute e metriche (altrimenti non si ascolta)."
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Indirizzo su cui rispondere, con --port."
)
def worker(port: int | None, host: str) -> None:
    """Esegue scadenze, consegne e operazioni su molte pratiche, senza pagine; si ferma con Ctrl-C o SIGTERM.

    Su PostgreSQL se ne avviano quanti se ne vuole, anche su più macchine: si dividono il lavoro, e ogni scadenza scatta
    una volta sola. Su SQLite ne basta uno, sulla macchina della base dati. Alla fine termina ciò che sta facendo.
    """
    with opened() as engine, contextlib.ExitStack() as stack:
        tune_garbage_collection()
        if engine.database.is_sqlite:
            _run_embedded(engine, stack, host, port)
        else:
            jobs = engine.worker()
            _serve_health(engine, stack, host, port, lambda: jobs.is_healthy)
            click.echo("In ascolto della coda (Ctrl-C per fermare).")
            jobs.run(signals=True)
    click.echo("Fermato.")


def _run_embedded(engine: Engine, stack: contextlib.ExitStack, host: str, port: int | None) -> None:
    stop = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: stop.set())
    _serve_health(engine, stack, host, port, lambda: True)
    engine.start_jobs()
    click.echo("In ascolto delle scadenze (Ctrl-C per fermare).")
    while not stop.wait(3600):
        logger.debug("Still here")


def _serve_health(
    engine: Engine, stack: contextlib.ExitStack, host: str, port: int | None, is_healthy: Callable[[], bool]
) -> None:
    """Serve health and metrics of this process until the stack is closed, when a port is given."""
    if port is None:
        return
    from waitress.server import create_server

    from web.health.worker_app import create_health_app

    server: Any = create_server(
        create_health_app(engine, engine.settings, is_healthy), host=host, port=port, threads=2
    )
    threading.Thread(target=server.run, name="health", daemon=True).start()
    stack.callback(server.close)
