"""Six thinking hats, shared by the two notebooks about them: the order of the speakers, and facts to look up."""
# ruff: noqa: RUF001 - Chinese sentences have Chinese punctuation

import json

from notebook import function

QUESTION = "面包店要不要用货运自行车送货？"
ORDER = ("蓝帽", "白帽", "红帽", "黄帽", "黑帽", "绿帽", "蓝帽")
SEARCH = function("search", query="string")
FACTS = {"货运自行车的价格": "四千二百欧元", "每天送货的里程": "十八公里"}


def tools_of(hat):
    """Only the white hat, which is about facts, can look things up."""
    return [SEARCH] if hat == "白帽" else []


def outputs_of(run):
    """Return the outputs that a run waits for."""
    calls = run.required_action.submit_tool_outputs.tool_calls
    return [{"tool_call_id": call.id, "output": FACTS[json.loads(call.function.arguments)["query"]]} for call in calls]
