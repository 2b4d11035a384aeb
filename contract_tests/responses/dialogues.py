"""Dialogues of the examples, each for one of their scenarios: what the user writes, and what the program has and does."""
# ruff: noqa: RUF001 - Chinese sentences have Chinese punctuation

import json
import sqlite3
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[2] / "examples"
COURSE = EXAMPLES / "course"


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What is said in one thread, chain or conversation.

    scenario: a file below `examples`. messages: of the user, each begins a turn. functions: what the program offers, by
    their names. assistant: further fields of the assistant; or the id of one that the scenario has. files: for the code
    interpreter; papers: for the search. is_named: the scenario looks at the assistant's name, so a port has to say it.
    """

    scenario: str
    messages: tuple[str, ...]
    functions: Mapping[str, Callable[..., str]] = field(default_factory=dict)
    assistant: Mapping[str, Any] | str = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    papers: Mapping[str, bytes] = field(default_factory=dict)
    has_code: bool = False
    is_named: bool = False

    @property
    def tools(self) -> list[dict[str, Any]]:
        """The tools of the assistant."""
        code = [{"type": "code_interpreter"}] if self.has_code or self.files else []
        search = [{"type": "file_search"}] if self.papers else []
        return [*code, *search, *map(_function, self.functions)]


def _function(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}


# --- what the programs of the examples do -----------------------------------------------------------------------------


def _database(create: str, *rows: tuple[Any, ...]) -> Callable[..., str]:
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.execute(f"CREATE TABLE sales ({create})")
    database.executemany(f"INSERT INTO sales VALUES ({', '.join('?' * len(rows[0]))})", rows)
    return lambda query: json.dumps(database.execute(query).fetchall())


_BOOKS = _database(
    "title TEXT, month TEXT, price REAL, copies INTEGER",
    ("Knots and Splices", "March", 12.5, 8),
    ("The Salt Road", "March", 9.0, 11),
    ("The Salt Road", "April", 9.0, 4),
)
_LOAVES = _database(
    "day TEXT, bread TEXT, price REAL, loaves INTEGER", ("Friday", "rye", 4.25, 20), ("Saturday", "rye", 4.25, 34)
)
_FERRIES = {"Lindholm": "9:40", "Grasoe": "11:05"}
_TITLES = {"Emma": "two copies", "Moby-Dick": "lent out"}
_COPIES = {"Moby-Dick": 1, "Middlemarch": 0, "Emma": 2}
_PARCELS = {"K7": "in Hamburg"}
_FACTS = {"width of the stream": "eleven metres", "price of larch": "80 a metre"}
_CHINESE_FACTS = {"货运自行车的价格": "四千二百欧元", "每天送货的里程": "十八公里"}
_ORDERS = {
    "4711": {"item": "desk lamp", "price": 38.5, "days_since_delivery": 12},
    "4712": {"item": "office chair", "price": 219.0, "days_since_delivery": 41},
}
_SALES = b"day,bread,loaves\nMonday,rye,31\nWednesday,rye,40\nWednesday,spelt,22\n"


def _weather(city: str) -> str:
    return json.dumps({"celsius": len(city)})


def _order(number: str) -> str:
    return json.dumps(_ORDERS[number])


def _count(title: str) -> str:
    return json.dumps({"copies": _COPIES[title]})


def _from_the_course(module: str, name: str) -> Any:
    sys.path.insert(0, str(COURSE))
    try:
        return getattr(__import__(module), name)
    finally:
        sys.path.remove(str(COURSE))


_HANDBOOK = {"handbook.pdf": _from_the_course("handbook", "HANDBOOK")}


def _speaker(scenario: str, question: str, name: str, **more: Any) -> Dialogue:
    """Return the dialogue of a speaker who is handed everything that was said so far: each has a thread of its own."""
    more["assistant"] = {"name": name, **more.get("assistant", {})}
    return Dialogue(scenario, (question,), is_named=True, **more)


def _council(name: str, **more: Any) -> Dialogue:
    return _speaker("discussion.yaml", "Shall the village build a footbridge at the old mill?", name, **more)


def _hat(name: str, task: str = "请从你的角度发言。", **more: Any) -> Dialogue:
    assistant = {"instructions": f"你戴着{name}。{task}"}
    return _speaker("course/hats.yaml", "面包店要不要用货运自行车送货？", name, assistant=assistant, **more)


# --- the dialogues ----------------------------------------------------------------------------------------------------

DIALOGUES = (
    Dialogue("polling.yaml", ("Are you open on Sunday?", "Do you make a wedding cake for two hundred?")),
    Dialogue("streaming.yaml", ("When is high water today?",), has_code=True),
    Dialogue(
        "function_calling.yaml",
        ("What did we earn in March?", "Which book sells best?"),
        {"ask_database": _BOOKS},
    ),
    Dialogue(
        "parallel_calls.yaml",
        ("Shall I go to Lindholm or to Grasoe?", "And to Grasoe or to Lindholm?"),
        {"next_ferry": lambda island: _FERRIES[island], "swell": lambda: '{"metres": 0.6}'},
    ),
    Dialogue(
        "parallel_calls.yaml",
        ("Shall I go to Lindholm or to Grasoe?",),
        {"next_ferry": lambda island: _FERRIES[island], "swell": lambda: '{"metres": 3.1}'},
    ),
    _council("Chair"),
    _council("Surveyor", functions={"look_up": lambda topic: _FACTS[topic]}),
    *map(_council, ("Ferryman", "Miller", "Teacher", "Gardener")),
    Dialogue("async_client.yaml", ("What does post 3 see?", "What does post 4 see?")),
    Dialogue(
        "migrating.yaml",
        ("Do you have Emma and Moby-Dick?", "Good, thank you."),
        {"look_up_title": lambda title: _TITLES[title]},
    ),
    Dialogue(
        "script_in_python.py",
        ("May I borrow Moby-Dick and Middlemarch and Emma?", "How many books do I have?"),
        {"count_copies": _count},
    ),
    Dialogue("course/chart_from_csv.yaml", ("Draw a chart of the loaves of each day.",), files={"sales.csv": _SALES}),
    Dialogue("course/create_and_poll.yaml", ("How do I get a good crust?",)),
    Dialogue(
        "course/handbook_retrieval.yaml",
        ("酸种闻起来有醋味，怎么办？", "两次之间要隔多久？"),
        {"weigh": lambda bread: bread},
        files={"prices.csv": b"bread,price\nrye,4.25\n"},
        papers=_HANDBOOK,
    ),
    Dialogue(
        "course/handbook_search.yaml",
        ("How hot must the oven be?",),
        papers={**_HANDBOOK, "notes.txt": b"Buy a new broom in spring."},
    ),
    _hat("蓝帽"),
    _hat("蓝帽", "请总结整场讨论。"),
    _hat("白帽", functions={"search": lambda query: _CHINESE_FACTS[query]}),
    *map(_hat, ("红帽", "黄帽", "黑帽", "绿帽")),
    Dialogue(
        "course/parallel_functions.yaml",
        ("Do we have enough rye for Sunday?",),
        {"count_loaves": lambda kind: f"[[{len(kind)}]]", "count_guests": lambda day: f"[[{len(day)}]]"},
    ),
    Dialogue(
        "course/sql_function.yaml",
        ("What did we take on Friday?", "How many loaves are sold on average?"),
        {"ask_database": _LOAVES},
        {"instructions": "Answer from the table sales(day, bread, price, loaves)."},
    ),
    Dialogue(
        "course/square_root.yaml",
        ("What is the square root of 7654321?", "And if you square that?", "Thank you!"),
        has_code=True,
    ),
    Dialogue("course/states.yaml", ("order flour", "bake"), {"order_flour": lambda kilos: f"{kilos} kilos"}),
    Dialogue("course/states.yaml", ("bake everything",)),
    Dialogue("course/states.yaml", ("tell me all about bread",)),
    Dialogue("course/stored_thread.yaml", ("Hello, my name is Leyla.", "Do you remember who I am?")),
    Dialogue("course/streaming_code.yaml", ("How many rolls are seventeen dozen?",), has_code=True),
    Dialogue(
        "course/streaming_outputs.yaml",
        ("Shall we have a picnic on Sunday?",),
        {"weather_on": lambda day: f"dry on {day}", "rolls_left": lambda: "24"},
    ),
    Dialogue(
        "course/streaming_text.yaml",
        ("Give me your recipe, in Chinese.", "When does the shop open?"),
        papers={"hours.md": b"Opens at half past six."},  # a response cannot search without a store
    ),
    Dialogue(
        "course/three_tools.yaml",
        ("Which was the best day?", "Leave a note for the bakers, please."),
        {"pin_note": lambda text: f"“{text}” is pinned beside the oven"},
        files={"sales.csv": _SALES},
    ),
    Dialogue(
        "course/updates_and_lists.yaml",
        ("Two loaves for Ms Xu, please.",),
        files={"orders.csv": b"name,loaves\nXu,2\n"},
    ),
    Dialogue("course/wait_on_run.yaml", ("How does sourdough rise?",)),
    Dialogue(
        "node/weather.yaml",
        ("How is the weather in Bergen?", "Tell me a story.", "Good morning"),
        {"get_weather": _weather},
        "asst_forecaster",
    ),
    Dialogue("node-runners/greeting.yaml", ("I am Nils.",)),
    Dialogue("ports/tutor.yaml", ("Please solve the equation 6x + 5 = 23.", "How do I check that?"), has_code=True),
    Dialogue("languages/weather.yaml", ("How is the weather in Bergen?",), {"get_weather": _weather}),
    Dialogue(
        "app_under_test/helpdesk.yaml",
        ("Where is parcel K7?", "Where is parcel K8?", "What are your hours?"),
        {"find_parcel": lambda number: _PARCELS.get(number, "unknown")},
        "asst_parcels",
    ),
    Dialogue("app_under_test/helpdesk.yaml", ("Will it come before Christmas?",), {}, "asst_parcels"),
    Dialogue(
        "replay/returns.yaml",
        ("Can I return order 4711?", "Thank you."),
        {"find_order": _order},
        {"instructions": "You handle returns. Look an order up before you promise anything, and be brief."},
    ),
    Dialogue("replay/returns.yaml", ("What about order 4712?",), {"find_order": _order}),
    Dialogue("replay/service.yaml", ("Can I return order 4711?", "Thank you."), {"find_order": _order}),
    Dialogue(
        "schedules/booking.yaml",
        ("A table for Ida, please.",),
        {"book_table": lambda guest: f"Table {len(guest)}"},
        "asst_booking",
    ),
)
# What of the scenarios has no counterpart, or is not a dialogue.
LEFT_OUT = {
    "discussion.yaml": "several speakers one after the other in one thread: a response answers a message of the user",
    "course/hats.yaml": "the same",
    "course/states.yaml": "`knead`, which is held, cancelled or expires: only a response in the background can be cancelled,"
    " and none expires",
    "course/updates_and_lists.yaml": "the run that is cancelled",
    "app_under_test/helpdesk.yaml": "`customs`, whose run expires",
}
