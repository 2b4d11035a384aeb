"""Every refusal of containers. Evidence marks are those of `emulator.domain.response_refusals`."""

from emulator.domain.errors import ApiError


def no_container(id: str) -> ApiError:  # noqa: A002
    """No such container. Reported (litellm pull request 39464, 2026)."""
    return ApiError(404, f"Container with id '{id}' not found.")


def no_container_file(container_id: str, id: str) -> ApiError:  # noqa: A002
    """The container does not hold the file. Reported (streamlit-openai issue 18, Jun 2025), without quotes."""
    return ApiError(404, f"File {id} not found on container {container_id}.")


def container_is_expired() -> ApiError:
    """The container of the request, or of an earlier call in its context, had its rest. Reported several times.

    Of a response (Jul 2025 to Jun 2026), also with `container: {type: auto}`; of the files of a container unverified.
    """
    return ApiError(400, "Container is expired.")
