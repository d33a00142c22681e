"""The rules of the house that a machine can check: imports, sizes, who knows a recipe."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "t2i_utils"
MOST_LINES = 350
# A part imports from its own row and from those below. Two parts of one row may not import each
# other both ways.
ROWS = (
    ("cli", "commands", "studio", "course"),
    ("captioning", "evaluation"),
    ("drawing", "training", "export"),
    ("stackgan",),
    ("vision", "data"),
    ("text",),
    (
        "backend", "devices", "files", "config", "errors",
        # small modules that need at most the five before
        "archives", "arrays", "environment", "fonts", "hubs", "pictures", "precision", "pretrained",
        "quick_start", "quiet_import",
    ),
)  # fmt: skip
ROW_OF = {part: number for number, row in enumerate(ROWS) for part in row}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted((ROOT / PACKAGE).rglob("*.py"))}


def imports_of(module: str) -> Iterator[str]:
    """The modules of the package that one imports: at its top, in functions, for types alone."""
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: write imports from the package's name on"
            # `from package import name` imports the module of that name where there is one.
            full = {f"{node.module}.{alias.name}" for alias in node.names}
            found = [name if name in MODULES else str(node.module) for name in sorted(full)]
        else:
            continue
        yield from (name for name in found if name in MODULES)


# The package's own `__init__` is the front door: it opens upper rooms when it is called, and all
# may ask it for the version.
GRAPH = {name: {*imports_of(name)} - {PACKAGE, name} for name in MODULES if name != PACKAGE}


def part_of(module: str) -> str:
    return module.split(".")[1]


def reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    found, left = set(), [start]
    while left:
        new = graph[left.pop()] - found
        found |= new
        left += new
    return found


def circles(graph: dict[str, set[str]]) -> set[str]:
    """The sets of nodes that reach each other, each as one line."""
    reached = {name: reachable(graph, name) for name in graph}
    found = set()
    for name, others in reached.items():
        if name in others:
            found.add(" ".join(sorted(other for other in others if name in reached[other])))
    return found


def test_every_part_has_its_row():
    assert {part_of(module) for module in GRAPH} <= set(ROW_OF)


def test_imports_go_down():
    found = {
        f"{module} -> {imported}"
        for module, modules in GRAPH.items()
        for imported in modules
        if ROW_OF[part_of(module)] > ROW_OF[part_of(imported)]
    }
    assert found == set()


def test_no_modules_import_each_other_in_a_circle():
    assert circles(GRAPH) == set()


def test_no_parts_import_each_other_in_a_circle():
    parts: dict[str, set[str]] = {part: set() for part in ROW_OF}
    for module, modules in GRAPH.items():
        own = part_of(module)
        parts[own] |= {part_of(imported) for imported in modules} - {own}
    assert circles(parts) == set()


def test_a_circle_is_found():
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}
    assert circles(graph) == {"b c"}


def test_no_file_is_long():
    lengths = {path: len(path.read_text().splitlines()) for path in MODULES.values()}
    long = {str(path.relative_to(ROOT)) for path, length in lengths.items() if length > MOST_LINES}
    assert long == set()


def other_code() -> list[Path]:
    folders = [ROOT / name for name in (PACKAGE, "tools", "benchmarks")]
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def test_nothing_but_tests_replaces_parts_by_mocks():
    found = {
        str(path.relative_to(ROOT))
        for path in other_code()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        and "mock" in ast.unparse(node).replace(",", " ").replace(".", " ").split()
    }
    assert found == set()


def asks_for_a_recipe(source: str) -> bool:
    """Whether code compares a recipe's name with a text."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            names = [getattr(side, "attr", getattr(side, "id", "")) for side in sides]
            texts = any(
                isinstance(inner, ast.Constant) and isinstance(inner.value, str)
                for side in sides
                for inner in ast.walk(side)
            )
            if "recipe" in names and texts:
                return True
    return False


def test_only_recipes_know_recipes_by_name():
    home = ROOT / PACKAGE / "stackgan" / "recipes"
    found = {
        str(path.relative_to(ROOT))
        for path in other_code()
        if home not in path.parents and asks_for_a_recipe(path.read_text())
    }
    assert found == set()


def test_a_question_for_a_recipe_is_found():
    assert asks_for_a_recipe('if config.recipe == "paper": pass')
    assert asks_for_a_recipe('a = 1 if recipe in ("paper", "modern") else 2')
    assert not asks_for_a_recipe('a = recipe.loss == "bce"\nb = recipe.name')
