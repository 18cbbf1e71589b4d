"""Forms whose ready-made words (`Not a valid date value.`) are in the reader's language, as our own are."""

from typing import Any

from wtforms import Form
from wtforms.i18n import get_translations

from autotennis_api.texts import language


class SpokenForm(Form):
    """A form with fields that themselves say what is wrong: dates, numbers, choices."""

    class Meta:
        """Where the library looks for its words."""

        def get_translations(self, _form: Form) -> Any:
            """Those of the language of the page."""
            return get_translations([language()])
