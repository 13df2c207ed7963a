"""What the commands in bin/ share: everything from Debian packages to a running Odoo.

Standard library only: this package runs under the machine's own Python before anything is installed.
"""
