"""Run in ``odoo shell``, after lines that name ``ADDONS`` and ``FOLDER``: writes ``FOLDER/ADDON.po``, its texts.

``ADDONS`` has an addon's files by its name, each as a path in its folder. Odoo looks through all that lies in the
folder of an addon, and a checkout holds more than what is installed.
"""

from pathlib import Path
from unittest import mock

from odoo.tools.translate import TranslationModuleReader, trans_export

is_module_file = TranslationModuleReader._verified_module_filepaths


def is_installed(reader, name, path, root):
    module, file, *rest = is_module_file(reader, name, path, root)
    inside = module and "/".join(Path(file).relative_to(path).parts[1:])
    return (module, file, *rest) if inside in ADDONS.get(module, ()) else (None,) * 4


with mock.patch.object(TranslationModuleReader, "_verified_module_filepaths", is_installed):
    for addon in ADDONS:
        with open(Path(FOLDER) / f"{addon}.po", "wb") as stream:
            trans_export(False, [addon], stream, "po", env)
