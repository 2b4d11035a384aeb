"""``schema``: the format of scenario files, for editors."""

import typer


def schema() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    import json

    import scripted_models

    typer.echo(json.dumps(scripted_models.schema(), indent=2, ensure_ascii=False))
