"""The URL of a database names its password to whoever connects, and to nobody else."""

import pytest

from emulator.domain.database_url import DatabaseUrl, is_database_url, masked, masked_urls
from emulator.settings import Settings


@pytest.mark.parametrize(
    "url, shown",
    [
        ("postgresql://db/emulator", "postgresql://db/emulator"),
        ("postgresql://app@db:5432/emulator", "postgresql://app@db:5432/emulator"),
        ("postgresql://app:geheim@db/emulator", "postgresql://app:***@db/emulator"),
        ("postgres://app:ge%40heim@db:5432,other:5433/emulator", "postgres://app:***@db:5432,other:5433/emulator"),
        ("postgresql://app:ge@h:e/im@db/emulator", "postgresql://app:***@db/emulator"),
        ("postgresql://app:ge?heim@db/emulator", "postgresql://app:***@db/emulator"),
        ("postgresql://:geheim@/emulator", "postgresql://:***@/emulator"),
        ("postgresql:///emulator?host=/tmp&password=geheim&user=app", "postgresql:///emulator?host=/tmp&password=***&user=app"),
        ("postgresql://app:geheim@[::1]:5432/x?application_name=a@b", "postgresql://app:***@[::1]:5432/x?application_name=a@b"),
        ("postgresql://db/x?sslpassword=geheim", "postgresql://db/x?sslpassword=***"),
    ],
)  # fmt: skip
def test_the_password_is_masked_wherever_it_stands(url, shown):
    assert masked(url) == shown
    assert str(DatabaseUrl(url)) == shown
    assert "heim" not in repr(DatabaseUrl(url)).replace(masked(url), "")
    assert DatabaseUrl(url).text == url


def test_what_a_driver_says_is_one_line_without_the_password():
    url = DatabaseUrl("postgresql://app:ge%40heim@db/emulator")
    said = 'invalid port "ge%40heim"\n\tor ge@heim, of postgresql://app:ge%40heim@db/emulator'
    assert url.scrubbed(said) == 'invalid port "***" or ***, of postgresql://app:***@db/emulator'


def test_urls_within_a_text_are_masked():
    said = "connecting to 'postgresql://a:geheim@db/x' and postgres://b:auch@db/y failed"
    assert masked_urls(said) == "connecting to 'postgresql://a:***@db/x' and postgres://b:***@db/y failed"
    assert masked_urls("postgresql://b/y?password=auch: no answer.") == "postgresql://b/y?password=***: no answer."
    assert masked_urls("see http://a:b@c/") == "see http://a:b@c/"


@pytest.mark.parametrize(
    "text", ["sqlite:///x", "mysql://a@b/c", "emulator.db", "postgresql://a b/c", "postgresql://a\n/c"]
)
def test_what_is_no_such_url_is_refused(text):
    with pytest.raises(ValueError, match="URL of a database"):
        DatabaseUrl(text)


@pytest.mark.parametrize("text, is_one", [("postgres://x", True), ("PostgreSQL://x", True), ("postgresql:x", False), ("a.db", False)])  # fmt: skip
def test_files_are_told_from_urls(text, is_one):
    assert is_database_url(text) is is_one


def test_settings_take_a_url_and_show_no_password(tmp_path):
    settings = Settings(db="postgresql://app:geheim@db/emulator", role="web", files=tmp_path)
    assert settings.database_url == DatabaseUrl("postgresql://app:geheim@db/emulator")
    assert settings.database_file is None
    assert "geheim" not in repr(settings)
    assert "geheim" not in str(settings)


def test_a_file_is_no_url(tmp_path):
    settings = Settings(db=tmp_path / "x.db")
    assert (settings.database_url, settings.database_file) == (None, tmp_path / "x.db")
    with pytest.raises(TypeError, match=r"pathlib\.Path"):
        Settings(db="x.db")


def test_the_url_of_another_database_is_refused_without_being_shown():
    with pytest.raises(ValueError, match="begins with postgresql://") as refused:
        Settings(db="mysql://app:geheim@db/emulator")
    assert "geheim" not in str(refused.value)


def test_parts_of_the_work_and_a_shared_folder_need_a_database_that_is_shared(tmp_path):
    for alone in ({"role": "worker"}, {"role": "web", "db": tmp_path / "x.db"}):
        with pytest.raises(ValueError, match="needs the URL of a PostgreSQL database"):
            Settings(**alone)
    with pytest.raises(ValueError, match="the bytes have their folder already"):
        Settings(db=tmp_path / "x.db", files=tmp_path)
    with pytest.raises(ValueError, match="role='all': choose one of both, web, worker"):
        Settings(db="postgresql://db/x", role="all")
