"""A small application around one form: it shows it, reads it, keeps drafts; for the tests of forms on a page."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask, Response, render_template_string, request
from flask_babel import Babel
from werkzeug.serving import make_server

from engine.languages.forms import Form, parse_form
from tests.web.forms.galleria import FILE, VARIABLES
from web import static_files
from web.forms import AttachmentInfo, FormView, read_post, read_uploads

WEB = Path(static_files.__file__).parent

PAGE = """{% from "forms/macros.html" import render_form -%}
<!doctype html>
<html lang="it">
<head>
  <meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Galleria</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="{{ asset('site.css') }}"><link rel="stylesheet" href="{{ asset('form.css') }}">
  <script type="module" src="{{ asset('form.js') }}"></script>
</head>
<body><main class="container py-4"><h1 class="visually-hidden">Galleria</h1>
{% call render_form(view, action="/", csrf="gettone", draft_url="/bozza", draft_key="olga:1", login_url="/accesso") %}
<button type="submit" class="btn btn-primary">Completa</button>
<button type="submit" name="_bozza" value="1" class="btn btn-outline-primary">Salva la bozza</button>
{% endcall %}</main></body></html>
"""


class Gallery:
    """The application and what it was told: the last values, the last draft, whether people are signed in."""

    def __init__(self, form: Form | None = None, variables: Mapping[str, Any] | None = None) -> None:
        self.form = form or parse_form(FILE.read_bytes(), FILE.name)
        self.variables = dict(VARIABLES if variables is None else variables)
        self.values: dict[str, Any] | None = None
        self.draft: dict[str, list[str]] | None = None
        self.attachments: dict[str, AttachmentInfo] = {}
        self.signed_in = True
        self.locked = False
        self.posts = 0
        self.app = Flask(
            "galleria", template_folder=str(WEB / "templates"), static_folder=str(WEB / "assets/static")
        )
        Babel(self.app, default_locale="it")
        self.app.jinja_env.add_extension("jinja2.ext.i18n")
        static_files.install(self.app)
        self.app.after_request(_strict)
        self.app.add_url_rule("/", "page", self._page, methods=["GET", "POST"])
        self.app.add_url_rule("/bozza", "draft", self._draft, methods=["POST"])
        self.app.add_url_rule("/accesso", "login", lambda: "Accesso")

    def _page(self) -> Any:
        if request.method == "GET":
            return self._show(raw=self.draft, locked=self.locked)
        self.posts += 1
        post = read_post(self.form, request.form)
        uploads, wrong = read_uploads(self.form, request.files, max_megabytes=1)
        for upload in uploads:
            number = f"allegato{len(self.attachments)}"
            self.attachments[number] = AttachmentInfo(upload.filename, len(upload.content))
            post.raw.setdefault(upload.name, []).append(number)
        if post.shows_again:
            return self._show(raw=post.raw, focus=post.focus)
        read = self.form.read(post.raw, self.variables, attachments=self.attachments)
        errors = {**read.errors, **wrong}
        if errors:
            return self._show(raw=post.raw, errors=errors), 422
        self.values = read.values
        return self._show(values=read.values, locked=True)

    def _draft(self) -> Any:
        if not self.signed_in:
            return {"message": "Accedi di nuovo"}, 401
        self.draft = self.form.draft(request.form.to_dict(flat=False))
        return {"saved": True}

    def _show(self, **known: Any) -> str:
        view = FormView.build(
            self.form, self.variables, attachments=self.attachments, max_megabytes=1, **known
        )
        return render_template_string(PAGE, view=view)

    @contextmanager
    def served(self) -> Iterator[str]:
        """The address of the application, served from a thread."""
        server = make_server("127.0.0.1", 0, self.app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join(10)
            server.server_close()


def _strict(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self' "
        "data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'"
    )
    return response
