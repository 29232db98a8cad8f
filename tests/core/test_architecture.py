"""The rules that hold Pochade together, read off the source files."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLENDER = {"bpy", "bmesh", "bl_ui", "blf", "gpu", "mathutils"}
ENGINE = {"torch", "torchvision", "safetensors", "OpenEXR", "PIL", "cv2"}
THREADS = {"threading", "_thread", "concurrent", "multiprocessing", "asyncio"}
# At most, with their docstrings.
LINES = 400  # of a file
CLASS_LINES = 150  # in core
FUNCTION_LINES = 60  # in core and the add-on

# From the ground up: a package, or a module beside the packages, imports only what stands before it.
FLOORS = {
    "core": """words errors progress settings
        files compute encoders style instant presets still sequence training""",
    "addon": """edition language blender engine job asking disk preferences pace log about guide
        styles scene shots viewport tasks farm ui cli operators""",
}


def name_of(path: Path) -> str:
    """The module's dotted name from the extension's root; "" is the root's own __init__."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix("__init__").removesuffix(".")


SHIPPED = {
    name_of(path): path
    for path in [
        ROOT / "__init__.py",
        *sorted(ROOT.glob("addon/**/*.py")),
        *sorted(ROOT.glob("core/**/*.py")),
    ]
}
CORE = [name for name in SHIPPED if name.split(".")[0] == "core"]
ADDON = [name for name in SHIPPED if name.split(".")[0] == "addon"]


def tree_of(module: str) -> ast.Module:
    return ast.parse(SHIPPED[module].read_text(encoding="utf-8"))


def walk_when_imported(tree: ast.AST):
    """The nodes that run when the module is imported: nothing inside functions, nothing for type checkers."""
    for node in ast.iter_child_nodes(tree):
        typing = isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        if not typing and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield node
            yield from walk_when_imported(node)


def targets(module: str, nodes) -> set[str]:
    """What these nodes of a module import: our own modules by their name here, others by their full name."""
    package = module.split(".") if SHIPPED[module].name == "__init__.py" else module.split(".")[:-1]
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join(filter(None, [*above, node.module]))
            children = {".".join(filter(None, [base, alias.name])) for alias in node.names}
            found |= children & SHIPPED.keys() or {base}
    return found


def outside(module: str, nodes=None) -> set[str]:
    """The top-level packages, not ours, that a module imports anywhere in it."""
    return {
        name.split(".")[0]
        for name in targets(module, nodes or ast.walk(tree_of(module)))
        if name not in SHIPPED
    }


def imported_with(module: str) -> set[str]:
    """The module and all of ours that its import imports."""
    seen, todo = set(), {module}
    while todo:
        current = todo.pop()
        seen.add(current)
        parents = {".".join(current.split(".")[:i]) for i in range(current.count(".") + 1)}
        todo |= (targets(current, walk_when_imported(tree_of(current))) | parents) & SHIPPED.keys() - seen
    return seen


def test_the_walk_sees_the_whole_addon():
    assert {"addon.job", "addon.operators.paint", "core.settings"} <= imported_with("")
    assert "torch" in outside("core.still.paint")


@pytest.mark.parametrize("module", CORE)
def test_core_knows_no_blender_no_addon_and_does_not_print(module):
    assert not outside(module) & BLENDER
    assert not targets(module, ast.walk(tree_of(module))) & set(ADDON)
    assert not [
        node for node in ast.walk(tree_of(module)) if isinstance(node, ast.Name) and node.id == "print"
    ]


# The job's, and those that share one convolution's rows: each is over before it returns.
THREADED = {"addon.job", "core.instant.by_numpy"}


@pytest.mark.parametrize("module", sorted(SHIPPED.keys() - THREADED))
def test_only_the_job_has_threads(module):
    assert not outside(module) & THREADS


@pytest.mark.parametrize("module", sorted(imported_with("")))
def test_registration_needs_no_engine(module):
    assert not outside(module, walk_when_imported(tree_of(module))) & ENGINE


@pytest.mark.parametrize("module", SHIPPED)
def test_own_imports_are_relative(module):
    # An extension lives under a package name that it does not choose.
    absolute = [
        node
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Import) or not getattr(node, "level", 1)
    ]
    assert not {name.split(".")[0] for name in targets(module, absolute)} & {
        "addon",
        "core",
        "presets",
        "pochade",
        "bl_ext",
    }


@pytest.mark.parametrize("module", [name for name in CORE + ADDON if name.count(".")])
def test_imports_go_down(module):
    top, room = module.split(".")[:2]
    floors = FLOORS[top].split()
    assert room in floors, f"{module} has no place yet in FLOORS[{top!r}]"
    below = {room, *floors[: floors.index(room)]}
    for node in ast.walk(tree_of(module)):
        for name in targets(module, [node]) & SHIPPED.keys():
            imported = name.split(".")[1] if name.startswith(f"{top}.") else room
            assert imported in below, (
                f"{SHIPPED[module].relative_to(ROOT)}, line {node.lineno}, imports {name}, but {imported} "
                f"stands above {room}: move what it needs down, or call it from above"
            )


def test_modules_import_each_other_in_no_circle():
    TopologicalSorter(
        {m: targets(m, walk_when_imported(tree_of(m))) & SHIPPED.keys() - {m} for m in SHIPPED}
    ).prepare()


def test_nothing_shipped_depends_on_tests_or_docs():
    for folder in ("addon", "core", "presets"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
                assert not {name.split(".")[0] for name in names} & {"tests", "docs", "build"}, (
                    f"{path.relative_to(ROOT)}, line {node.lineno}, imports {', '.join(names)}"
                )


def test_addon_tests_take_core_from_the_extension():
    # Under its own name it would be a second copy, whose classes are others.
    for path in ROOT.glob("tests/addon/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [getattr(node, "module", None) or ""]
            )
            assert not {name.split(".")[0] for name in names} & {"addon", "core"}, (
                f"{path.name}, line {node.lineno}"
            )


def test_files_are_short():
    folders = ("addon", "core", "docs", "presets", "tests")
    paths = [ROOT / "build.py", *(path for folder in folders for path in (ROOT / folder).rglob("*.py"))]
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in paths
    }
    long = {name: length for name, length in lengths.items() if length > LINES}
    assert not long, f"more than {LINES} lines: divide them by what they are about"


def lines_of(modules, kinds) -> dict[str, int]:
    """The lines that each definition of one of these kinds takes in the modules."""
    return {
        f"{module}.{node.name}": node.end_lineno - node.lineno + 1
        for module in modules
        for node in ast.walk(tree_of(module))
        if isinstance(node, kinds)
    }


def test_classes_are_short():
    long = {name: lines for name, lines in lines_of(CORE, ast.ClassDef).items() if lines > CLASS_LINES}
    assert not long, f"more than {CLASS_LINES} lines: divide them by what they are responsible for"


def test_functions_are_short():
    functions = lines_of(CORE + ADDON, ast.FunctionDef | ast.AsyncFunctionDef)
    long = {name: lines for name, lines in functions.items() if lines > FUNCTION_LINES}
    assert not long, f"more than {FUNCTION_LINES} lines: give their parts names"
