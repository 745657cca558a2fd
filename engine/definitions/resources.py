"""A process definition as files: a diagram and, in the folder of the same name, its tables, forms and parameters."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.errors import Finding, InvalidInput

KINDS = {".bpmn": "bpmn", ".dmn": "dmn", ".form": "form", ".yaml": "parameters", ".md": "readme"}
SHARED_FOLDER = "condivisi"
PARAMETERS_FILE = "parametri.yaml"
LARGEST_FILE = 4_000_000
MOST_FILES = 300


@dataclass(frozen=True)
class Resource:
    """One file of a bundle; `path` is relative, with forward slashes."""

    path: str
    kind: str
    content: bytes

    @property
    def sha256(self) -> str:
        """The hash of its content, 64 hexadecimal digits."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Bundle:
    """All the files of one definition, in the order of their paths."""

    resources: tuple[Resource, ...]

    @property
    def diagram(self) -> Resource:
        """The diagram. InvalidInput when there is none or more than one."""
        diagrams = [resource for resource in self.resources if resource.kind == "bpmn"]
        if len(diagrams) != 1:
            sentence = f"Un pacchetto contiene un solo diagramma .bpmn; qui ce ne sono {len(diagrams)}"
            raise InvalidInput(sentence, findings=[Finding("ONE_DIAGRAM", sentence)])
        return diagrams[0]

    def of_kind(self, kind: str) -> tuple[Resource, ...]:
        """The files of a kind: bpmn, dmn, form, parameters, readme."""
        return tuple(resource for resource in self.resources if resource.kind == kind)

    @classmethod
    def from_path(cls, path: str | Path) -> Bundle:
        """Read ``processes/<key>.bpmn`` with the folder ``processes/<key>/`` and the shared one beside it.

        A shared file counts only where the process has none of that name; scenarios are not part of a definition.
        """
        diagram = Path(path)
        if not diagram.is_file():
            sentence = f"Il diagramma {diagram} non c'è"
            raise InvalidInput(sentence, findings=[Finding("NO_FILE", sentence, str(diagram))])
        found: dict[str, bytes] = {diagram.name: diagram.read_bytes()}
        for folder in (diagram.with_suffix(""), diagram.parent / SHARED_FOLDER):
            for file in sorted(folder.glob("*")) if folder.is_dir() else ():
                if (
                    file.suffix in KINDS
                    and not file.name.endswith(".scenarios.yaml")
                    and file.name not in found
                ):
                    found[file.name] = file.read_bytes()
        return cls.from_files(found)

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> Bundle:
        """From names and contents. InvalidInput for a file of unknown kind or too large."""
        resources = []
        for path, content in sorted(files.items()):
            kind = KINDS.get(Path(path).suffix.lower())
            if kind is None or (kind == "parameters" and Path(path).name != PARAMETERS_FILE):
                sentence = (
                    f"Il file {path} non è di una definizione: servono .bpmn, .dmn, .form e {PARAMETERS_FILE}"
                )
                raise InvalidInput(sentence, findings=[Finding("UNKNOWN_FILE", sentence, path)])
            if len(content) > LARGEST_FILE:
                sentence = f"Il file {path} supera {LARGEST_FILE // 1_000_000} MB"
                raise InvalidInput(sentence, findings=[Finding("FILE_TOO_LARGE", sentence, path)])
            resources.append(Resource(path, kind, content))
        return cls(tuple(resources))

    @classmethod
    def from_zip(cls, content: bytes) -> Bundle:
        """From an uploaded archive, flattened; the archive is hostile until read: sizes and names are checked first."""
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                entries = [entry for entry in archive.infolist() if not entry.is_dir()]
                if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > 5 * LARGEST_FILE:
                    raise _bad_archive("contiene troppi file o file troppo grandi")
                files: dict[str, bytes] = {}
                for entry in entries:
                    name = Path(entry.filename).name
                    if name.startswith(".") or name.endswith(".scenarios.yaml"):
                        continue
                    if name in files:
                        raise _bad_archive(f"contiene due file di nome {name}")
                    with archive.open(entry) as handle:
                        files[name] = handle.read(LARGEST_FILE + 1)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError) as problem:
            raise _bad_archive("non si apre") from problem
        return cls.from_files(files)


def _bad_archive(why: str) -> InvalidInput:
    sentence = f"L'archivio {why}: crea uno zip con il diagramma e i suoi file"
    return InvalidInput(sentence, findings=[Finding("BAD_ARCHIVE", sentence)])
