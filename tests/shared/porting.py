"""Every hook of the module, and of the addon beside it, into Odoo, read from the code and from the registry.

A hook is named as ``doc/porting.md`` names it: ``pos.order.write`` (Python), ``PosStore.pay`` (JavaScript),
``point_of_sale.view_pos_pos_form`` (view), ``pos_payment.session_id`` (SQL).
"""

import ast
import inspect
import posixpath
import re
from pathlib import Path

from odoo import http
from odoo.models import BaseModel
from odoo.modules import get_module_path

MODULE = "pos_glase"
KIOSK = "pos_self_order_glase"
OURS = (MODULE, KIOSK)
ROOT = Path(get_module_path(MODULE))
PRODUCT = ("models", "rules", "wizard", "controllers", "report", "hooks.py")


# === Python ===


def _is_ours(cls, *modules):
    modules = modules or OURS
    return cls.__module__.startswith(tuple(f"odoo.addons.{module}." for module in modules))


def python_hooks(env, module=MODULE):
    """Each method of Odoo that a class of ours overrides, as ``model.method``."""
    found = set()
    for model in env.registry.values():
        bases = inspect.getmro(model)
        for index, cls in enumerate(bases):
            if _is_ours(cls, module):
                above = [each for each in bases[index + 1 :] if not _is_ours(each)]
                names = set(_overridden(cls, above))
                if model._original_module == module:
                    # What every model has is no hook of a model of our own.
                    names = {name for name in names if not hasattr(BaseModel, name)}
                # A plain class that several models share has no name of its own.
                owner = getattr(cls, "_name", None) or model._name
                found |= {f"{owner}.{name}" for name in names}
    return found


def controller_hooks(module=MODULE):
    """Each route of Odoo that a controller of ours overrides, as ``Class.method``."""
    found = set()
    for cls in _below(http.Controller):
        if _is_ours(cls, module):
            for above in cls.__bases__:
                names = _overridden(cls, [] if _is_ours(above) else inspect.getmro(above))
                found |= {f"{above.__name__}.{name}" for name in names}
    return found


def _below(cls):
    for each in cls.__subclasses__():
        yield each
        yield from _below(each)


def _overridden(cls, above):
    for name, value in vars(cls).items():
        plain = inspect.isfunction(inspect.unwrap(getattr(value, "__func__", value), stop=None))
        if plain and any(name in vars(each) for each in above):
            yield name


# === JavaScript ===

_PATCH = re.compile(r"^patch\((\w+)\.prototype, \{$(.*?)^\}\);$", re.MULTILINE | re.DOTALL)
_CLASS = re.compile(r"^(?:export )?class \w+ extends (\w+) \{$(.*?)^\}$", re.MULTILINE | re.DOTALL)
_METHOD = re.compile(r"^    (?:async |get |set )*(\w+)\(", re.MULTILINE)


def _imports(text, source=""):
    """The module that each imported name comes from.

    :param str source: the module that the text is of, for what is imported from beside it
    """
    found = {}
    for names, module in re.findall(r"import (\w+|\{[^}]*\}) from \"([^\"]+)\"", text):
        full = posixpath.normpath(f"{source}/../{module}") if module.startswith(".") else module
        found.update(dict.fromkeys(re.findall(r"\w+", names), full))
    return found


def javascript_source(source):
    """The text of one of Odoo's JavaScript modules, such as ``@point_of_sale/app/models/pos_order``.

    Empty if it is gone.
    """
    addon, _, path = source.removeprefix("@").partition("/")
    found = Path(get_module_path(addon)) / "static/src" / path
    # A folder is all of its files: its index hands on what is in them.
    files = sorted(found.glob("*.js")) or [found.with_suffix(".js")]
    return "".join(each.read_text() for each in files if each.is_file())


def patched(text):
    """Each class that a file of ours patches or extends: name, module, and the methods that ours has."""
    imports = _imports(text)
    for name, body in [*_PATCH.findall(text), *_CLASS.findall(text)]:
        source = imports.get(name, ".")
        if not source.startswith((".", "@odoo/owl")):
            yield name, source, set(_METHOD.findall(body)) - {"constructor"}, body


def javascript_hooks(root=ROOT):
    """Each method of Odoo's classes that a patch or class of ours overrides, as ``Class.method``; its module.

    A method that calls the one above it, or that Odoo's module has, too.
    """
    found = {}
    for path in sorted(root.glob("static/src/**/*.js")):
        for name, source, methods, body in patched(path.read_text()):
            text = javascript_source(source)
            for method in methods:
                if f"super.{method}(" in body or has_method(text, method):
                    found[f"{name}.{method}"] = source
    return found


def has_method(text, method):
    """Whether a JavaScript module has a method or an accessor of this name."""
    return bool(re.search(rf"^ +(?:async |static |get |set )*{method}\(", text, re.MULTILINE))


def has_hook(hook, source):
    """Whether Odoo still has what a patch overrides: in its module, or in the class that extends."""
    name, method = hook.split(".")
    text = javascript_source(source)
    if has_method(text, method):
        return True
    extended = re.search(rf"class {name} extends (\w+)", text)
    above = extended and _imports(text, source).get(extended.group(1))
    # Of Owl's own classes only the beginning of a component is overridden.
    return above and (method == "setup" or has_method(javascript_source(above), method))


# === Views ===


def view_hooks(root=ROOT):
    """Each view or template of Odoo that one of ours inherits."""
    # The addons beside the module have hooks of their own.
    passed = {"node_modules", "addons"}
    paths = [path for path in root.glob("**/*.xml") if not passed & {*path.relative_to(root).parts}]
    texts = [path.read_text() for path in paths]
    references = r'(?:inherit_id"\s+ref|inherit_id|t-inherit)="([\w.]+)"'
    found = {name for text in texts for name in re.findall(references, text)}
    return {name for name in found if "." in name and name.partition(".")[0] not in OURS}


def has_view(env, name):
    """Whether Odoo still has a view or a template of the browser."""
    if env.ref(name, raise_if_not_found=False):
        return True
    addon = name.partition(".")[0]
    path = get_module_path(addon, display_warning=False)
    templates = Path(path).glob("static/src/**/*.xml") if path else ()
    return any(f't-name="{name}"' in template.read_text() for template in templates)


# === SQL ===

_TABLE = re.compile(
    r"\b(?:FROM|JOIN|UPDATE|INTO|TABLE)\s+(?:ONLY\s+)?(\w+)(?:\s+(?:AS\s+)?(\w+))?", re.IGNORECASE
)
_NO_ALIAS = frozenset(
    ("set", "on", "where", "add", "values", "join", "order", "left", "select", "using")
)


def queries(root=ROOT):
    """The SQL in our Python: each text that reads from or writes to a table."""
    for top in PRODUCT:
        if not (root / top).exists():
            continue
        for path in sorted((root / top).rglob("*.py")) if (root / top).is_dir() else [root / top]:
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.JoinedStr):
                    yield "".join(
                        part.value if isinstance(part, ast.Constant) else "{}"
                        for part in node.values
                    )
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def sql_hooks(env, texts):
    """Each table of Odoo's that our SQL names, and each of its columns, as ``table.column``."""
    core = {model._table for model in env.registry.values() if model._original_module not in OURS}
    ours = {field for model in env.registry.values() for field in _our_fields(model)}
    found = set()
    for text in texts:
        for table, alias in _TABLE.findall(text):
            if table in core:
                found.add(table)
                names = {table, alias} - {""} if alias.lower() not in _NO_ALIAS else {table}
                for name in names:
                    found |= {
                        f"{table}.{column}" for column in re.findall(rf"\b{name}\.(\w+)", text)
                    }
    return found - ours


def _our_fields(model):
    return (
        f"{model._table}.{field.name}"
        for field in model._fields.values()
        if MODULE in field._modules
    )


def missing_columns(env, hooks):
    """Those of these tables and columns that the database does not have."""
    env.cr.execute(
        """
        SELECT table_name, column_name FROM information_schema.columns
         WHERE table_schema = current_schema
        """
    )
    columns = env.cr.fetchall()
    known = {table for table, _column in columns} | {".".join(each) for each in columns}
    return set(hooks) - known


# === The list ===


def listed(text, title):
    """The hooks in one table of ``doc/porting.md``: the first cell of a row with each of the second.

    :param str title: the heading above the table
    """
    section = text.partition(f"## {title}\n")[2].partition("\n## ")[0]
    found = set()
    for first, rest in re.findall(r"^\| `([^`|]+)` \|([^|]*)\|", section, re.MULTILINE):
        names = re.findall(r"`([^`]+)`", rest)
        found |= {f"{first}.{name}" for name in names}
        if title == "SQL" or not names:
            found.add(first)
    return found
