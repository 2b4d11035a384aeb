"""The beginning of a text that may be long, on one line."""


def first_words(text: str, most: int) -> tuple[str, str]:
    """Return the beginning of a text on one line, and an ellipsis if it goes on, which is empty otherwise.

    most: characters. Only the beginning of a text is looked at, however long it is.
    """
    words = " ".join(text[: 4 * most].split())
    return words[:most], "…" * (len(words) > most or len(text) > 4 * most)
