"""The agent of Semantic Kernel's programs."""

from datetime import timedelta
from typing import Annotated

from asked import INSTRUCTIONS, MODEL, NAME, READ_TIMEOUT, look_outside
from semantic_kernel.agents import OpenAIAssistantAgent
from semantic_kernel.agents.open_ai.run_polling_options import RunPollingOptions
from semantic_kernel.functions import kernel_function

# As long as a program lets a run take; the library's own choice is a minute.
PATIENCE = timedelta(seconds=15)


class Weather:
    @kernel_function(name="look_outside", description="Looks at a place, and says what is there.")
    def look_outside(self, place: Annotated[str, "the place to look at"]) -> str:
        return look_outside(place)


async def harbour_agent():
    client = OpenAIAssistantAgent.create_client(ai_model_id=MODEL, timeout=READ_TIMEOUT)
    definition = await client.beta.assistants.create(model=MODEL, name=NAME, instructions=INSTRUCTIONS)
    return OpenAIAssistantAgent(
        client=client,
        definition=definition,
        plugins=[Weather()],
        polling_options=RunPollingOptions(run_polling_timeout=PATIENCE),
    )
