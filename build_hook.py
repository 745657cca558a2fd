"""Builds the browser side when a wheel or a source archive of the project is made."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BrowserSide(BuildHookInterface[Any]):
    """Runs `web/assets/build.py` before the files of the distribution are gathered."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Leave an editable installation alone: there `make` builds the browser side."""
        if version == "editable":
            return
        build = Path(self.root) / "web" / "assets" / "build.py"
        if build.is_file():
            subprocess.run([sys.executable, str(build)], check=True, cwd=self.root)
