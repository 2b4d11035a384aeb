"""The parts of the inspector fit each other: each page has its own path, and what is there is used."""

import re
from graphlib import TopologicalSorter
from inspect import getmembers, isfunction
from pathlib import Path
from unittest.mock import Mock

import grimp
from jinja2 import Environment, nodes

from emulator.control.inspector import app, assets, live, rendering
from emulator.control.inspector import pages as pages_of_inspector
from emulator.domain import inspector_paths
from emulator.domain.inspector_paths import INSPECTOR

EMULATOR = Path(inspector_paths.__file__).parents[1]
TEMPLATES = {
    path.name: path.read_text(encoding="utf-8")
    for path in sorted((EMULATOR / "control" / "inspector" / "templates").glob("*.html"))
}
SOURCES = {path: path.read_text(encoding="utf-8") for path in EMULATOR.rglob("*.py") if "tests" not in path.parts}
TREES = {name: Environment(autoescape=True).parse(text) for name, text in TEMPLATES.items()}


def routes():
    site = Mock()
    return [*(route for page in app._PAGES for route in page.routes(site)), *live.routes(site), assets.route()]


def example(route):
    return re.sub(r"\{\w+\}", "x1", route.path)


def own_functions(module):
    return [
        name for name, one in getmembers(module, isfunction) if one.__module__ == module.__name__ and name[0] != "_"
    ]


def test_no_page_answers_at_the_path_of_another():
    answered = [
        (one.path, other.path)
        for one in routes()
        for other in routes()
        if one.path != other.path and one.methods & other.methods and one.path_regex.match(example(other))
    ]
    assert answered == []
    asked = [(method, route.path) for route in routes() for method in route.methods]
    assert len(asked) == len(set(asked))


def test_every_page_is_at_its_own_paths_and_the_first_one_at_the_root_too():
    assert {route.path for route in routes() if not route.path.startswith(INSPECTOR)} == {"/"}


def test_every_module_of_pages_is_part_of_the_app():
    folder = Path(pages_of_inspector.__file__).parent
    having = {path.stem for path in folder.glob("*.py") if "\ndef routes(" in path.read_text(encoding="utf-8")}
    assert {page.__name__.rpartition(".")[2] for page in app._PAGES} == having


def test_every_path_of_a_page_is_linked():
    told = "\n".join(text for path, text in SOURCES.items() if path.name != "inspector_paths.py")
    linked = {node.attr for tree in TREES.values() for node in tree.find_all(nodes.Getattr) if is_to(node.node)}
    own = own_functions(inspector_paths)
    named = {
        name
        for name in own
        if re.search(rf"(?:inspector_paths|to)\.{name}\b|inspector_paths import .*\b{name}\b", told)
    }
    assert linked <= set(own)
    assert set(own) == linked | named


def is_to(node):
    return isinstance(node, nodes.Name) and node.name == "to"


def test_every_macro_and_every_template_is_used():
    macros = {node.name for tree in TREES.values() for node in tree.find_all(nodes.Macro)}
    calls = [node.node for tree in TREES.values() for node in tree.find_all(nodes.Call)]
    called = {node.attr if isinstance(node, nodes.Getattr) else getattr(node, "name", None) for node in calls}
    assert macros <= called
    texts = [*TEMPLATES.values(), *SOURCES.values()]
    assert {name for name in TEMPLATES if not any(f'"{name}"' in text for text in texts)} == set()


def test_no_module_of_the_control_api_imports_itself_through_others():
    graph = grimp.build_graph("emulator", cache_dir=None)
    modules = [name for name in graph.modules if name.startswith("emulator.control")]
    TopologicalSorter({name: graph.find_modules_directly_imported_by(name) for name in modules}).prepare()


def test_every_filter_is_used():
    environment = rendering.Rendering()._environment
    own = {name for name, one in environment.filters.items() if one.__module__.startswith("emulator.")}
    used = {node.name for tree in TREES.values() for node in tree.find_all(nodes.Filter)}
    assert own
    assert own <= used
