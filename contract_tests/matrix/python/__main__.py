"""The flows of one Python library, run as a program in the environment of that library."""

import os
import sys
import warnings

import checks

# The libraries warn at each call that the service is deprecated. That is why the emulator exists.
warnings.simplefilter("ignore", DeprecationWarning)

if os.environ["MATRIX_KIND"] == "azure-ai-agents":
    import foundry  # noqa: F401 - it registers its flows
    import foundry_data  # noqa: F401
    import foundry_tools  # noqa: F401
elif os.environ["MATRIX_KIND"] == "openai-agents":
    import agents_runner  # noqa: F401
    import agents_sessions  # noqa: F401
elif os.environ["MATRIX_KIND"] == "langchain-openai":
    import langchain_models  # noqa: F401
else:
    # In the order in which they run.
    import objects, runs, tools, polling, streams, files, stores, errors, async_client, azure_client  # noqa: E401, F401, I001
    import responses, response_streams, response_tools, response_runner, conversations, async_responses  # noqa: E401, F401

checks.run_flows(sys.argv[1] if len(sys.argv) > 1 else "")
