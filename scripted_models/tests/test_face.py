import pkgutil
import subprocess
import sys

import scripted_models


def test_the_public_names_are_sorted_and_exist():
    assert scripted_models.__all__ == sorted(scripted_models.__all__)
    assert all(getattr(scripted_models, name) is not None for name in scripted_models.__all__)
    assert set(scripted_models.__all__) <= set(dir(scripted_models))


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(scripted_models, "Nonsense")


def test_importing_the_package_loads_no_reader_no_template_engine_and_no_validator():
    code = (
        "import sys, scripted_models; print([m for m in ('jinja2', 'pydantic', 'yaml', 'fastapi') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_no_name_is_that_of_a_module_which_would_stand_in_its_place_once_it_is_imported():
    modules = {module.name for module in pkgutil.iter_modules(scripted_models.__path__)}
    assert modules.isdisjoint(scripted_models.__all__)
