"""Programs in other languages, and their suites: run by `exec` where the toolchain is, on its standard library alone."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples" / "languages"
PAGES = ROOT / "docs" / "languages"
# Mono's compiler says so of a library that is referred to and not there; its packages come one by one.
LACKS_LIBRARY = "error CS0006"
LIBRARIES = re.compile(r"^## The (?:official )?librar(?:y|ies)$", re.MULTILINE)

pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True)
class Language:
    """How a suite is run. probe: succeeds where its libraries are; build: before the suite."""

    title: str
    suite: tuple[str, ...]
    probe: tuple[str, ...]
    build: tuple[str, ...] = ()


LANGUAGES = {
    "go": Language("Go", ("go", "test", "-count=1", "./..."), ("go", "version")),
    "java": Language(
        "Java", ("java", "-cp", "classes", "WeatherTest"), ("javac", "-version"),
        ("javac", "-d", "classes", "Weather.java", "WeatherTest.java"),
    ),
    "dotnet": Language(
        "Mono", ("mono", "WeatherTest.exe"), ("mcs", "--version"),
        (
            "mcs", "-r:System.Net.Http,System.Runtime.Serialization,System.Xml,System.Xml.Linq", "-out:WeatherTest.exe",
            "Weather.cs", "WeatherTest.cs",
        ),
    ),
    "ruby": Language("Ruby", ("ruby", "weather_test.rb"), ("ruby", "-rminitest", "-e", "")),
    "php": Language("PHP", ("php", "weather_test.php"), ("php", "-r", "exit(ini_get('allow_url_fopen') ? 0 : 1);")),
}  # fmt: skip


def run(*command, cwd):
    env = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "EMULATOR_"))}
    paths = [str(ROOT), *filter(None, [env.get("PYTHONPATH")])]
    # Nothing is fetched, and nothing left behind.
    env |= {
        "GOPROXY": "off",
        "GOTOOLCHAIN": "local",
        "GOCACHE": str(cwd / "cache"),
        "PYTHONPATH": os.pathsep.join(paths),
    }
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=500)


def toolchain(language, folder):
    """Skip the test where the toolchain, or one of the libraries that belong to it, is not installed."""
    tools = (language.probe[0], language.suite[0])
    if not all(map(shutil.which, tools)) or run(*language.probe, cwd=folder).returncode:
        pytest.skip(f"{language.title} is not installed")


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_suite_in_another_language_passes(name, tmp_path):
    language = LANGUAGES[name]
    folder = shutil.copytree(EXAMPLES / name, tmp_path / name)
    toolchain(language, folder)
    if language.build:
        built = run(*language.build, cwd=folder)
        if LACKS_LIBRARY in built.stdout + built.stderr:
            pytest.skip(f"{language.title} lacks libraries")
        assert built.returncode == 0, built.stdout + built.stderr
    script = str(EXAMPLES / "weather.yaml")
    process = run(sys.executable, "-m", "emulator", "exec", "--script", script, "--", *language.suite, cwd=folder)
    assert process.returncode == 0, process.stdout + process.stderr
    assert process.stderr.splitlines()[-1] == "emulator: no failures in 2 namespaces"


@pytest.mark.parametrize("script", ["languages/weather.yaml", "node-runners/greeting.yaml"])
def test_a_scenario_of_the_suites_passes_lint(script):
    process = run(sys.executable, "-m", "emulator", "lint", script, cwd=EXAMPLES.parent)
    assert (process.returncode, process.stdout) == (0, "")


def test_every_language_has_a_page_and_a_link_to_it():
    assert {file.stem for file in PAGES.glob("*.md")} == {*LANGUAGES, "node"}
    assert {folder.name for folder in EXAMPLES.iterdir() if folder.is_dir()} == set(LANGUAGES)
    for page in (ROOT / "docs" / "any-language.md", ROOT / "README.md", ROOT / "examples" / "README.md"):
        for name in (*LANGUAGES, "node"):
            assert f"languages/{name}.md)" in page.read_text(encoding="utf-8"), (page.name, name)


def lines_of_nowhere(page, folder):
    """Return the lines of code of a page that no file of a folder has."""
    sources = [file.read_text(encoding="utf-8") for file in folder.iterdir() if file.is_file()]
    lines = {line.strip() for source in sources for line in source.splitlines()} | {"// ..."}
    shown = re.findall(r"^```(?!sh)\w+\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert shown
    return [line for code in shown for line in code.splitlines() if line.strip() not in lines]


def test_the_page_of_node_shows_what_the_matrix_runs():
    """`python -m contract_tests.matrix --suite` runs it: the runners come from a registry."""
    text = (PAGES / "node.md").read_text(encoding="utf-8")
    assert lines_of_nowhere(text, ROOT / "examples" / "node-runners") == []


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_page_shows_what_was_run_and_says_what_was_not(name):
    parts = LIBRARIES.split((PAGES / f"{name}.md").read_text(encoding="utf-8"))
    assert len(parts) == 2, "a section on the libraries"
    assert lines_of_nowhere(parts[0], EXAMPLES / name) == []
    assert re.search(r"snippets?\s+was\s+(not\s+)?run", parts[1])


@pytest.mark.parametrize("name", LANGUAGES)
def test_the_commands_of_a_page_are_those_of_the_test(name):
    language, text = LANGUAGES[name], (PAGES / f"{name}.md").read_text(encoding="utf-8")
    assert f"assistants-emulator exec --script ../weather.yaml -- {' '.join(language.suite)}\n" in text
    if language.build:
        assert f"\n{language.build[0]} " in text
