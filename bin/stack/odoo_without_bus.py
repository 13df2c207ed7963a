"""Odoo's own command for tests, without its evented process: that loads all of Odoo once more at each start.

Odoo starts that process again from the script that it was started from, and when it ends: here it waits for its parent.
"""

import os
import sys

if sys.argv[1:2] == ["gevent"]:
    os.execvp("tail", ["tail", f"--pid={os.getppid()}", "--follow", os.devnull])
# The folder of a script comes first: ours has names that others look for, too.
sys.path.pop(0)

import odoo.cli

odoo.cli.main()
