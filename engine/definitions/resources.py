"""The files of a process definition: a diagram with its decision tables, forms and parameters."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.errors import InvalidInput
from engine.localization import Message, message

KINDS = {".bpmn": "bpmn", ".dmn": "dmn", ".form": "form", ".yaml": "parameters", ".md": "readme"}
SHARED_FOLDER = "condivisi"
PARAMETERS_FILE = "parametri.yaml"
SCENARIOS_SUFFIX = ".scenarios.yaml"
MAX_FILE_BYTES = 4_000_000
MAX_FILES = 300


@dataclass(frozen=True)
class Resource:
    """One file of a deployment; `path` is relative, with forward slashes."""

    path: str
    kind: str
    content: bytes

    @property
    def sha256(self) -> str:
        """The hash of its content, 64 hexadecimal digits."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class DeploymentBundle:
    """All the files of one definition, in the order of their paths."""

    resources: tuple[Resource, ...]

    @property
    def diagram(self) -> Resource:
        """The diagram. Raises InvalidInput when there is none or more than one."""
        diagrams = [resource for resource in self.resources if resource.kind == "bpmn"]
        if len(diagrams) != 1:
            raise InvalidInput.for_file(
                "ONE_DIAGRAM", message("DEPLOYMENT_NEEDS_ONE_DIAGRAM", number=len(diagrams))
            )
        return diagrams[0]

    def of_kind(self, kind: str) -> tuple[Resource, ...]:
        """The files of a kind: bpmn, dmn, form, parameters, readme."""
        return tuple(resource for resource in self.resources if resource.kind == kind)

    @classmethod
    def from_path(cls, path: str | Path) -> DeploymentBundle:
        """Read ``processes/<key>.bpmn`` with the folder ``processes/<key>/`` and the shared folder beside it.

        A file of the process wins over a shared file of the same name; scenarios are not part of a definition.
        Raises InvalidInput when the diagram does not exist.
        """
        diagram = Path(path)
        if not diagram.is_file():
            raise InvalidInput.for_file(
                "NO_FILE", message("DIAGRAM_FILE_NOT_FOUND", path=str(diagram)), str(diagram)
            )
        found: dict[str, bytes] = {diagram.name: diagram.read_bytes()}
        for folder in (diagram.with_suffix(""), diagram.parent / SHARED_FOLDER):
            for file in sorted(folder.glob("*")) if folder.is_dir() else ():
                if (
                    file.suffix in KINDS
                    and not file.name.endswith(SCENARIOS_SUFFIX)
                    and file.name not in found
                ):
                    found[file.name] = file.read_bytes()
        return cls.from_files(found)

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> DeploymentBundle:
        """Build a bundle from names and contents. Raises InvalidInput for a file of unknown kind or too large."""
        resources = []
        for path, content in sorted(files.items()):
            kind = KINDS.get(Path(path).suffix.lower())
            if kind is None or (kind == "parameters" and Path(path).name != PARAMETERS_FILE):
                raise InvalidInput.for_file(
                    "UNKNOWN_FILE",
                    message("DEPLOYMENT_FILE_UNKNOWN", path=path, parameters_file=PARAMETERS_FILE),
                    path,
                )
            if len(content) > MAX_FILE_BYTES:
                raise InvalidInput.for_file(
                    "FILE_TOO_LARGE",
                    message("DEPLOYMENT_FILE_TOO_LARGE", path=path, megabytes=MAX_FILE_BYTES // 1_000_000),
                    path,
                )
            resources.append(Resource(path, kind, content))
        return cls(tuple(resources))

    @classmethod
    def from_zip(cls, content: bytes) -> DeploymentBundle:
        """Read an uploaded archive; folders inside it are dropped. Sizes and names are checked before unpacking.

        Raises InvalidInput for an archive that cannot be read or holds too much.
        """
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                entries = [entry for entry in archive.infolist() if not entry.is_dir()]
                if len(entries) > MAX_FILES or sum(entry.file_size for entry in entries) > 5 * MAX_FILE_BYTES:
                    raise _bad_archive(message("ARCHIVE_TOO_LARGE"))
                files: dict[str, bytes] = {}
                for entry in entries:
                    name = Path(entry.filename).name
                    if name.startswith(".") or name.endswith(SCENARIOS_SUFFIX):
                        continue
                    if name in files:
                        raise _bad_archive(message("ARCHIVE_FILE_TWICE", name=name))
                    with archive.open(entry) as handle:
                        files[name] = handle.read(MAX_FILE_BYTES + 1)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError) as problem:
            raise _bad_archive(message("ARCHIVE_UNREADABLE")) from problem
        return cls.from_files(files)


def _bad_archive(problem: Message) -> InvalidInput:
    return InvalidInput.for_file("BAD_ARCHIVE", message("ARCHIVE_INVALID", problem=problem))
