"""pytest plugin: writes down each test as it ends, for the progress of a run and its slowest tests."""

import json
import os

import pytest


def pytest_addoption(parser):
    parser.addoption("--record", help="File that gets one JSON line for each test that ended")


def pytest_configure(config):
    path = config.getoption("--record")
    if path:
        config.pluginmanager.register(_Record(path), "glase-record")


class _Record:
    def __init__(self, path):
        self.path = path
        self.reported = {}
        self.outcome = {}
        self.properties = {}

    def _write(self, **values):
        with open(self.path, "a") as stream:
            stream.write(json.dumps(values) + "\n")

    def pytest_collection_finish(self, session):
        self._write(tests=len(session.items))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        before = _computed()
        # One that is interrupted raises, and has not ended.
        result = yield
        self._write(
            test=item.nodeid,
            seconds=round(self.reported.pop(item.nodeid, 0), 3),
            computed=round(_computed() - before, 3),
            outcome=self.outcome.pop(item.nodeid, ""),
            properties=self.properties.pop(item.nodeid, {}),
        )
        return result

    def pytest_runtest_logreport(self, report):
        seconds = self.reported.get(report.nodeid, 0)
        self.reported[report.nodeid] = seconds + getattr(report, "duration", 0)
        # A subtest ends before its test does.
        if self.outcome.get(report.nodeid, "passed") == "passed":
            self.outcome[report.nodeid] = report.outcome
        self.properties[report.nodeid] = dict(report.user_properties)


def _computed():
    """Seconds that this process, and the children that it has waited for, have computed."""
    return sum(os.times()[:4])
