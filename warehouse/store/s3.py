"""S3 as it is reached: where, with whose credentials, and what its refusals mean."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from obstore.exceptions import BaseError, InvalidPathError, NotFoundError
from obstore.store import S3Store

from transforms.errors import NotYetError, RefusedError

_URL = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>.*?))?/?")
_CODE = re.compile(r"<Code>(\w+)</Code>")
_STATUS = re.compile(r"status code: (\d{3} [A-Za-z ]+)")
_WORDS = re.compile(r"[\w .,/()-]{1,120}")
_ROLE_ASKED = ("169.254.169.254", "/latest/api/token", "/latest/meta-data")
_MAY_PASS = ("408", "429", "5")  # beginnings of the status of a failure that may help itself
_RETRIES = {
    "max_retries": 6,
    "retry_timeout": timedelta(minutes=2),
    "backoff": {
        "init_backoff": timedelta(milliseconds=100),
        "max_backoff": timedelta(seconds=5),
    },
}
_PATIENCE = {"connect_timeout": "5s", "read_timeout": "60s", "timeout": "1h"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How one setting's bucket is reached.

    Attributes:
        setting: Name of the setting that holds the URL.
        endpoint: URL of the server if it is not Amazon's.
        config: What was given beside the `AWS_*` environment, by obstore's names; stronger than it.
        given_by: What gave it, for messages.
    """

    setting: str
    endpoint: str | None = None
    config: Mapping[str, str] = field(default_factory=dict, repr=False)
    given_by: str = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"


def split(url: str, setting: str) -> tuple[str, str]:
    """Return bucket and prefix of a URL.

    Raises:
        RefusedError: It is not of the form `s3://bucket/prefix`.
    """
    match = _URL.fullmatch(url)
    prefix = (match["prefix"] or "") if match else ""
    if not match or (prefix and any(p in ("", ".", "..") for p in prefix.split("/"))):
        # Whatever stands before an @ may be a secret.
        found = "it" if "@" in url else repr(url[:80])
        raise RefusedError(
            f"{setting}: {found} is no URL of the form s3://bucket/prefix. Correct it, or set a "
            "folder."
        )
    return match["bucket"], prefix


def store_of(url: str, access: Access) -> S3Store:
    """Return the store that a URL names; nothing is sent yet."""
    bucket, prefix = split(url, access.setting)
    endpoint = {"endpoint": access.endpoint} if access.endpoint else {}
    plain = {"allow_http": True} if (access.endpoint or "").startswith("http://") else {}
    return S3Store(
        bucket,
        prefix=prefix or None,
        # The server compares what arrives with a checksum of what was sent.
        config={"checksum_algorithm": "SHA256"} | endpoint | dict(access.config),
        client_options=_PATIENCE | plain,
        retry_config=_RETRIES,
    )


@contextmanager
def reached(url: str, access: Access) -> Iterator[None]:
    """Say of a failure what it is and what to do.

    Raises:
        FileNotFoundError: The object is absent.
        NotYetError: The network, or the server for the moment.
        RefusedError: Credentials, the bucket, or a name that no folder can hold.
    """
    try:
        yield
    except (FileNotFoundError, NotFoundError) as problem:
        if "NoSuchBucket" in str(problem):
            raise _refused(url, access, str(problem)) from None
        raise FileNotFoundError(url) from None
    except InvalidPathError as problem:
        raise RefusedError(
            f"{access.setting} {url}: holds a key that no folder can hold "
            f"({_WORDS.search(str(problem).splitlines()[0])[0]}). Rename that object."
        ) from None
    except (BaseError, PermissionError) as problem:
        raise _refused(url, access, str(problem)) from None


def _refused(url: str, access: Access, told: str) -> RefusedError:
    """Return the error for what the server or the client said; nothing of a request is repeated."""
    code, status = _CODE.search(told), _STATUS.search(told)
    what = code[1] if code else status[1].strip() if status else "no answer"
    where = f"{access.setting} {url}"
    if any(sign in told for sign in _ROLE_ASKED):
        return RefusedError(
            f"{where}: no credentials are set, and this machine has no role that gives any. Set "
            f"{access.given_by}."
        )
    if what == "NoSuchBucket":
        return RefusedError(f"{where}: there is no such bucket. Create it, or correct the URL.")
    if what == "PermanentRedirect" or (status and status[1].startswith("301")):
        return RefusedError(f"{where}: the bucket is in another region. Set AWS_REGION to its own.")
    if status and status[1][:3] in ("401", "403"):
        return RefusedError(
            f"{where}: access was refused ({what}). Check {access.given_by}, and what they may do: "
            "list, get, put and delete objects there."
        )
    if status and not status[1].startswith(_MAY_PASS):
        return RefusedError(f"{where}: the server refused the request ({what}).")
    return NotYetError(
        f"{where}: the server could not be reached or failed ({what}), and again when asked again. "
        "Nothing half-written is visible; run it again when it answers."
    )
