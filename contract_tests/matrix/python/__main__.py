"""The flows of one Python library, run as a program in the environment of that library."""

import os
import sys
import warnings

import telling

# The libraries say at each call that the service is over. That is why all this exists.
warnings.simplefilter("ignore", DeprecationWarning)

if os.environ["MATRIX_KIND"] == "azure-ai-agents":
    import foundry  # noqa: F401 - it keeps its flows
else:
    # In the order in which they are gone through.
    import objects, runs, tools, polling, streams, files, stores, failing, asynchronous, on_azure  # noqa: E401, F401, I001

telling.run_flows(sys.argv[1] if len(sys.argv) > 1 else "")
