"""`--help` of the command and of everything below it."""

import argparse

import pytest

from warehouse.commands.command_line import main, parser_of_commands


def spoken(parser: argparse.ArgumentParser, said: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the words of a command and of all below it, as a person types them."""
    found = [said]
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, below in action.choices.items():
                found += spoken(below, (*said, word))
    return found


@pytest.mark.parametrize("command", spoken(parser_of_commands()), ids=" ".join)
def test_every_command_says_how_it_is_used(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])

    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: {' '.join(('limitwise', *command))}")
