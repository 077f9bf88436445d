"""The house as syntax trees, for the tests that guard its rules. Nothing of it is imported or run."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("bot", "handlers", "storage", "sandbox")
NOT_OURS = {".git", ".venv", ".demo", "node_modules", "dist", "__pycache__"}


@dataclass(frozen=True)
class Module:
    """One Python file: its dotted name, its path from the root and its tree."""

    name: str
    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        """The parsed file."""
        return _parsed(self.text)

    def is_in(self, *places: str) -> bool:
        """Whether the module is one of these modules, or inside one of these packages."""
        return any(self.name == place or self.name.startswith(f"{place}.") for place in places)


@cache
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


def as_module(path: Path) -> Module:
    """Read one file of the house."""
    relative = path.relative_to(ROOT)
    parts = relative.with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return Module(name=name, path=relative.as_posix(), text=path.read_text(encoding="utf-8"))


@cache
def modules(*places: str) -> tuple[Module, ...]:
    """Every Python file below these folders (default: the four rooms), in a stable order."""
    paths = (path for place in places or ROOMS for path in (ROOT / place).rglob("*.py"))
    return tuple(as_module(path) for path in sorted(paths) if not NOT_OURS & set(path.parts))


def imports_of(module: Module) -> Iterator[tuple[str, int]]:
    """Every imported name with its line: `a.b` for `import a.b`, `a.b.c` for `from a.b import c`.

    Imports inside functions and under TYPE_CHECKING count like all others.
    """
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def names_in(module: Module) -> Iterator[tuple[str, int]]:
    """Every plain or dotted name in the code with its line: `os.environ`, `eval`, `self.clock.now`."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute | ast.Name):
            yield ast.unparse(node), node.lineno


def text_files() -> Iterator[tuple[str, str]]:
    """Every text file of the project as (path from the root, text), without what git ignores."""
    for path in sorted(ROOT.rglob("*")):
        relative = path.relative_to(ROOT)
        if path.is_file() and not any(_is_ignored(part) for part in relative.parts):
            try:
                yield relative.as_posix(), path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def _is_ignored(part: str) -> bool:
    ends = (".egg-info", ".db", ".db-wal", ".db-shm", ".db.lock", "_cache")
    return part in NOT_OURS | {"uv.lock", ".env", ".coverage", ".hypothesis"} or part.endswith(ends)
