"""What a program reads from its environment to find a server."""


def variables(root: str, key: str) -> dict[str, str]:
    """Return the variables by which OpenAI's and Azure's clients find a server.

    root: its URL, with the path of a namespace where one is meant. key: any, or one that names a namespace.
    """
    return {
        "OPENAI_BASE_URL": f"{root}/v1",
        "OPENAI_API_KEY": key,
        "AZURE_OPENAI_ENDPOINT": root,
        "AZURE_OPENAI_API_KEY": key,
        "OPENAI_API_VERSION": "2024-05-01-preview",
    }
