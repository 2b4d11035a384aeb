"""`tables.py` follows from the declaration, and a server that imports it needs no SQLAlchemy."""

import os
import sqlite3
import subprocess
import sys

import pytest
import sqlalchemy

from emulator.domain.lifecycle import RUN, RUN_TERMINAL
from emulator.store import declaration, generate, tables
from emulator.store.table import Table


def model(table):
    (found,) = [m for m in vars(declaration).values() if getattr(m, "__tablename__", None) == table.name]
    return found


def test_the_generated_file_is_up_to_date(capsys):
    assert generate.main(check=True) == 0
    assert capsys.readouterr().out == ""


def test_a_stale_file_is_named_and_written_anew(tmp_path, monkeypatch, capsys):
    copy = tmp_path / "tables.py"
    monkeypatch.setattr(generate, "GENERATED", copy)
    assert generate.main(check=True) == 1
    copy.write_text(generate.generate() + "\n")
    assert generate.main(check=True) == 1
    assert (
        capsys.readouterr().out
        == f"{copy}: does not follow from declaration.py; run python -m emulator.store.generate\n" * 2
    )
    assert generate.main(check=False) == generate.main(check=True) == 0


def test_the_same_declaration_always_gives_the_same_file():
    runs = [
        subprocess.run(
            [sys.executable, "-c", "from emulator.store.generate import generate; print(generate())"],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]


def test_the_command_checks(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "emulator.store.generate", "--check"], capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize(
    "module", ["emulator.store.documents", "emulator.store.database", "emulator.store.blobs", "emulator.store.journal"]
)
def test_a_server_needs_no_sqlalchemy(module):
    text = f"import sys, {module}; print(*(sys.modules.keys() & {{'sqlalchemy', 'sqlmodel', 'pydantic'}}))"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == ""


def test_every_declared_table_is_there_under_the_name_of_its_class():
    declared = {name for name, value in vars(declaration).items() if hasattr(value, "__table__")}
    assert declared == {name for name, value in vars(tables).items() if isinstance(value, Table)}
    assert len(tables.ALL) + len(tables.SHARED) == len(declared)
    assert set(tables.OF_A_NAMESPACE) == set(tables.ALL) - {tables.NamespaceRecord, tables.Scripts, tables.Removal}
    assert {table for table in tables.ALL if table.stays} == {tables.NamespaceRecord, tables.Scripts}
    assert tables.SCHEMA_VERSION == declaration.SCHEMA_VERSION


@pytest.mark.parametrize("table", tables.ALL, ids=lambda table: table.name)
def test_sqlite_has_what_was_declared(table):
    connection = sqlite3.connect(":memory:")
    for statement in table.ddl:
        connection.execute(statement)
    columns = model(table).__table__.columns
    assert [row[1] for row in connection.execute(f"PRAGMA table_info({table.name})")] == list(table.columns)
    assert list(table.columns) == [column.name for column in columns]
    assert set(table.json) == {column.name for column in columns if isinstance(column.type, sqlalchemy.JSON)}
    assert set(table.booleans) == {column.name for column in columns if isinstance(column.type, sqlalchemy.Boolean)}
    found = sqlalchemy.inspect(sqlalchemy.create_engine("sqlite://", creator=lambda: connection)).get_indexes(
        table.name
    )
    declared = {index.name: [column.name for column in index.columns] for index in model(table).__table__.indexes}
    assert {index["name"]: index["column_names"] for index in found} == declared
    connection.close()


@pytest.mark.parametrize("table", tables.ALL, ids=lambda table: table.name)
def test_heavy_columns_come_last_so_that_reading_the_others_need_not_pass_them(table):
    assert (*table.light, *table.heavy) == table.columns


def test_the_heavy_columns_are_those_that_only_a_restart_and_a_search_read():
    assert {table.name: table.heavy for table in tables.ALL if table.heavy} == {
        "runs": ("view", "play", "timeline"),
        "vector_store_files": ("text",),
    }


def test_what_a_restart_looks_for_follows_from_the_life_cycle():
    assert all(f"'{status}'" in tables.Run.unfinished for status in RUN.keys() - RUN_TERMINAL)
    assert not any(f"'{status}'" in tables.Run.unfinished for status in RUN_TERMINAL)
    assert tables.VectorStoreFile.unfinished == "deleted = 0 AND status IN ('in_progress')"


def test_a_table_is_equal_to_itself_only():
    assert tables.Run == tables.Run != tables.RunStep
    assert len({tables.Run, tables.Run, tables.RunStep}) == 2
    assert "CREATE" not in repr(tables.Run)
