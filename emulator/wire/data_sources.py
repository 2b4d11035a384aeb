"""Data sources, which Foundry's agents name in place of files: their bodies, and how documents hold and show them.

Source: the public models and samples of azure-ai-agents 1.1.0 and 1.2.0b6. How the service refuses what does not fit
them, and what its documents show, is unverified. A document holds a data source with the `file_id` of the file that it
stands for, which is not shown.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Annotated, Any, Final, Literal
from urllib.parse import unquote

from pydantic import AfterValidator, Field, ValidationInfo
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from emulator.tools.body import Body
from emulator.wire.limits import OnlyOn, on_foundry

Doc = Mapping[str, Any]

_NOT_THE_PATH: Final = re.compile(r"[?#].*", re.DOTALL)
# The id of a version of a data set, whose last segment is a number.
_DATA_SET: Final = re.compile(r"/data/([^/]+)/versions/[^/]+$")


def _last_segment(uri: str) -> str:
    path = unquote(_NOT_THE_PATH.sub("", uri)).replace("\\", "/").rstrip("/")
    data_set = _DATA_SET.search(path)
    return data_set[1] if data_set else path.rpartition("/")[2]


def _check_uri(uri: str) -> str:
    """Refuse an address whose path names nothing."""
    name = _last_segment(uri)
    if not name.strip(". ") or name.endswith(":") or not name.isprintable():
        raise PydanticCustomError("no_url", "no address")
    return uri


class DataSource(Body):
    """An asset of Azure's."""

    uri: Annotated[str, AfterValidator(_check_uri)]
    type: Literal["uri_asset", "id_asset"]

    @property
    def names(self) -> Sequence[str]:
        """How its file may be called; the last one has an extension, without which no file can be searched."""
        name = _last_segment(self.uri)
        return (name,) if PurePosixPath(name).suffix else (name, f"{name}.txt")

    def to_document(self, file_id: str) -> dict[str, Any]:
        """Return the data source as a document holds it."""
        return {"uri": self.uri, "type": self.type, "file_id": file_id}


def in_place_of(other: str) -> AfterValidator:
    """Refuse a field beside another one, which has to be declared before it."""

    def check(value: Any, info: ValidationInfo) -> Any:
        if value and info.data.get(other):
            raise PydanticCustomError("either", "one of two", {"other": other})
        return value

    return AfterValidator(check)


class Configuration(Body):
    """The data sources of a store. Limit: that of its files."""

    data_sources: Annotated[list[DataSource], Field(max_length=500)]


def _check_name(value: Configuration | None, info: ValidationInfo) -> Configuration | None:
    """Refuse the configuration of a store without a name, which the models require."""
    if value is not None and "name" in info.data and info.data["name"] is None:
        raise PydanticCustomError("missing_beside", "missing", {"name": "name"})
    return value


# As they stand in bodies, which other mounts share.
StoreConfiguration = Annotated[SkipJsonSchema[Configuration | None], OnlyOn("foundry")]
NamedStoreConfiguration = Annotated[StoreConfiguration, AfterValidator(_check_name)]
DataSourcesOfCode = Annotated[
    SkipJsonSchema[Annotated[list[DataSource], Field(max_length=20)] | None], OnlyOn("foundry"), in_place_of("file_ids")
]
DataSourcesOfBatch = Annotated[
    SkipJsonSchema[Annotated[list[DataSource], Field(min_length=1, max_length=2000)] | None], OnlyOn("foundry")
]
DataSourceOfFile = Annotated[DataSource, in_place_of("file_id")]


def without_null(value: Any, context: Mapping[str, Any] | None) -> Any:
    """Return an object that names a file or a data source; null names neither, where both are optional."""
    if not on_foundry(context) or not isinstance(value, dict):
        return value
    return {name: one for name, one in value.items() if one is not None or name not in ("file_id", "data_source")}


def has_source(value: Any, context: Mapping[str, Any] | None) -> bool:
    """Return whether an object names a data source, where there are any."""
    return on_foundry(context) and isinstance(value, dict) and "data_source" in value


# --- documents ------------------------------------------------------------------------------------------------------


def file_of(attachment: Doc) -> str:
    """Return the file of an attachment, as a message holds it."""
    file_id: str = attachment["file_id"] if "file_id" in attachment else attachment["data_source"]["file_id"]
    return file_id


def code_files(resources: Doc) -> list[str]:
    """Return the files for code, of the resources that a document holds."""
    code = resources.get("code_interpreter", {})
    return [*code.get("file_ids", ()), *(source["file_id"] for source in code.get("data_sources", ()))]


def with_sources_as_sent(doc: dict[str, Any]) -> dict[str, Any]:
    """Return a document as clients see it: its data sources without their files."""
    attachments = doc.get("attachments", ())
    if any("data_source" in attachment for attachment in attachments):
        doc = {**doc, "attachments": [_attachment_as_sent(attachment) for attachment in attachments]}
    code = doc.get("tool_resources", {}).get("code_interpreter", {})
    if "data_sources" in code:
        code = {**code, "data_sources": [_as_sent(source) for source in code["data_sources"]]}
        doc = {**doc, "tool_resources": {**doc["tool_resources"], "code_interpreter": code}}
    return doc


def _attachment_as_sent(attachment: Doc) -> Doc:
    source = attachment.get("data_source")
    return attachment if source is None else {**attachment, "data_source": _as_sent(source)}


def _as_sent(source: Doc) -> dict[str, Any]:
    return {name: value for name, value in source.items() if name != "file_id"}
