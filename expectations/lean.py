"""What Great Expectations does over and over, or in vain, and need not.

It asks an expectation for its whole configuration once for each argument of each metric, makes
texts and numbers fit for JSON before it writes them into the id of a metric, and imports libraries
of statistics and of charts for expectations that nobody here states. All of it leans on internals
of the pinned version; a test guards it.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

UNUSED = ("scipy.stats", "altair")
_PLAIN = {str, int, bool, type(None)}


class _StandIn(ModuleType):
    """A module that is imported once something in it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def without_the_unused() -> Iterator[None]:
    """Let what is imported within see stand-ins of large libraries; others see the libraries."""
    stand_ins = {name: _StandIn(name) for name in UNUSED if name not in sys.modules}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name in stand_ins:
            if sys.modules.get(name) is stand_ins[name]:
                del sys.modules[name]


def ask_once() -> None:
    """Let an expectation make its configuration once for all arguments of a metric."""
    from great_expectations.expectations import expectation

    def runtime_kwargs(self: Any, runtime_configuration: dict | None = None) -> dict:
        stated, asked = self.configuration.kwargs, runtime_configuration or {}

        def argument(key: str) -> Any:
            return stated.get(key, self._get_default_value(key))

        found = {key: asked.get(key, argument(key)) for key in self.runtime_keys}
        found |= {key: argument(key) for key in (*self.success_keys, *self.domain_keys)}
        result_format = expectation.parse_result_format(found["result_format"])
        return found | {"result_format": result_format}

    expectation.Expectation._get_runtime_kwargs = runtime_kwargs


def name_plainly() -> None:
    """Let the id of a metric be written from its arguments as they are, if they are plain."""
    from great_expectations.core import id_dict

    made_fit = id_dict.convert_to_json_serializable

    def fit(data: dict[str, Any]) -> Any:
        return data if _PLAIN.issuperset(map(type, data.values())) else made_fit(data=data)

    id_dict.convert_to_json_serializable = fit
