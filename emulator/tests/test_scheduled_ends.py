"""Ends at a status: they come about once, whenever the server is killed."""

import gc
from contextlib import suppress

import pytest

from emulator.domain.actions import Call, RunCode, Say
from emulator.service import run_control
from emulator.store.documents import Transaction
from emulator.store.tables import RunSignal
from emulator.tests.test_signals import Killed, as_async, as_plain, with_endless_code

ENDS = {"cancel": (run_control.cancel, "cancelled"), "expire": (run_control.expire, "expired")}
either_end = pytest.mark.parametrize("how", ENDS)
either_script = pytest.mark.parametrize("script", [as_plain, as_async], ids=["plain", "async"])


@pytest.fixture
def engine_on_file(engine, tmp_path):
    return lambda begin, **options: engine(begin, db=tmp_path / "ended.db", **options)


@either_end
@either_script
@pytest.mark.parametrize("at", run_control.ENDED_AT)
async def test_a_run_ends_at_its_status_wherever_the_server_is_killed(engine_on_file, monkeypatch, script, at, how):
    end, ended = ENDS[how]
    texts = ["x"] if at == "requires_action" else []
    commit = Transaction.commit
    for n in range(1, 30):
        s = engine_on_file(script([Say("x"), Call("f"), Say("y")]))
        await s.namespaces.open("default")
        await end(s.namespace, "next", at)
        await s.begin()
        left = n

        async def commit_or_die(tx):
            nonlocal left
            if tx.has_written:
                left -= 1
                if left == 0:
                    raise Killed
            await commit(tx)

        monkeypatch.setattr(Transaction, "commit", commit_or_die)
        with suppress(Killed):
            await s.settle()
        monkeypatch.setattr(Transaction, "commit", commit)
        await s.crash()
        assert (s.run["status"], s.texts, s.rows(RunSignal)) == (ended, texts, [])
        await s.close()
        gc.collect()  # what the killed task left: CPython 3.11 breaks if that goes while it parses a module
        if left > 0:
            return
    pytest.fail("it commits without an end")


@either_end
async def test_code_that_is_running_goes_on_until_the_run_is_in_the_status(engine, how):
    end, ended = ENDS[how]
    s = engine(lambda view: [RunCode("while True: pass", execute=True)])
    code = await with_endless_code(s)
    await s.begin()
    await code.running.wait()
    await end(s.namespace, s.run_id, "requires_action")
    assert code.running.is_set()
    await end(s.namespace, s.run_id, "in_progress")  # where it is
    await s.settle()
    assert (s.run["status"], code.ended) == (ended, 1)
