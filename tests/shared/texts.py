"""The texts of an addon, as Odoo's own export finds them in the database of a test."""

import sys
import tempfile
from pathlib import Path

import polib

from odoo.tools.translate import TranslationImporter

from .porting import MODULE, ROOT

EXPORT = ROOT / "bin/stack/export_texts.py"
LANGUAGES = (
    "da_DK",
    "de_DE",
    "es_ES",
    "fi_FI",
    "fr_FR",
    "it_IT",
    "nb_NO",
    "nl_NL",
    "pt_PT",
    "ro_RO",
    "sv_SE",
)


def exported(env, addon, source):
    """Each text that Odoo would look up in a catalogue of this addon.

    :param source: the addon's folder
    :rtype: set[str]
    """
    if str(ROOT / "bin") not in sys.path:
        # bin/test has it there; Odoo's own runner has not.
        sys.path.append(str(ROOT / "bin"))
    from stack import installed

    files = {path.relative_to(source).as_posix() for path in installed.files(source)}
    with tempfile.TemporaryDirectory() as folder:
        names = {"ADDONS": {addon: files}, "FOLDER": folder, "env": env}
        exec(compile(EXPORT.read_text(), EXPORT.name, "exec"), names)
        return {entry.msgid for entry in polib.pofile(str(Path(folder) / f"{addon}.po"))}


def in_template(addon, source):
    """Each text of an addon's template.

    :rtype: set[str]
    """
    return {entry.msgid for entry in polib.pofile(str(source / f"i18n/{addon}.pot"))}


def assert_in_template(test, addon, source, least):
    """An addon's template has each text that Odoo would look up, and no other.

    :param int least: fewer would be an export that found nothing
    """
    found, known = exported(test.env, addon, source), in_template(addon, source)
    test.assertGreater(len(found), least)
    test.assertEqual(sorted(found - known), [], "not in the template: bin/translate")
    test.assertEqual(sorted(known - found), [], "in the template, but nowhere else: bin/translate")


def load_labels(env, catalogue, language):
    """Let labels and choices of the module be said in a language as a catalogue has them.

    :param catalogue: of polib; nothing of its file is changed
    :param str language: an active one's code
    """
    importer = TranslationImporter(env.cr, verbose=False)
    with tempfile.NamedTemporaryFile(suffix=".po") as file:
        catalogue.save(file.name)
        importer.load(file, "po", language, module=MODULE)
    importer.save(overwrite=True, force_overwrite=True)
    env.registry.clear_all_caches()
