"""What Great Expectations does over and over, or in vain, and need not.

It asks an expectation for its whole configuration once for each argument of each metric, and it
imports libraries of statistics and of charts for expectations that nobody here states. Both lean on
internals of the pinned version; a test guards them.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

UNUSED = ("scipy.stats", "altair")


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
