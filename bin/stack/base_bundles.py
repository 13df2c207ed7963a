"""Run in ``odoo shell``, after a line that names ``FILES``: builds them, so that pages are there at a first click."""

for file in FILES:
    bundle, _dot, kind = file.rpartition(".")
    getattr(env["ir.qweb"]._get_asset_bundle(bundle, css=kind == "css", js=kind == "js"), kind)()
env.cr.commit()
