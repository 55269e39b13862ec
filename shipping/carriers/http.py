"""One POST to a partner: a time limit, no redirects, no more of the answer than is needed."""

import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from shipping.carriers.base import CALL_SECONDS, CallFailed

LONGEST = 1024 * 1024  # bytes of an answer


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


def post(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
    """Status and text of the answer, whatever the status. Raises CallFailed when nobody answers."""
    if not url.startswith(("https://", "http://")):
        raise CallFailed(f"no web address: {url}", for_good=True)
    request = urllib.request.Request(url, body, dict(headers), method="POST")  # noqa: S310 -- the scheme is checked
    try:
        with _opener.open(request, timeout=CALL_SECONDS) as answer:
            return answer.status, answer.read(LONGEST).decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read(2000).decode("utf-8", "replace")
    except OSError as error:
        raise CallFailed(f"{type(error).__name__}: {error}") from error
