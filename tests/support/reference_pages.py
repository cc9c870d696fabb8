"""The pages of the reference that are made from the code: ``make reference`` writes them, and a test compares them."""

from collections.abc import Callable, Mapping

import answers
import reference_answers
import reference_commands
import reference_problems


def _make_problems() -> str:
    return reference_problems.make_page(reference_problems.read_catalogue(reference_problems.CATALOGUE.read_text()))


PAGES: Mapping[str, Callable[[], str]] = {
    "cli": reference_commands.make_page,
    "exit-codes": reference_commands.make_exit_codes_page,
    "json": lambda: reference_answers.make_page(answers.read_all_schemas()),
    "problems": _make_problems,
}
"""Name below ``docs/reference``, without ``.md``, to the function that makes the page."""
