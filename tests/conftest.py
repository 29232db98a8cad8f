"""Joins pytest runs in several Blenders into one result: a run records its reports, the closing run counts them as its own."""

import json
from pathlib import Path

import pytest


def pytest_addoption(parser):
    group = parser.getgroup("pochade")
    group.addoption("--record", type=Path, metavar="FILE", help="leave this run's reports in FILE")
    group.addoption("--count-in", type=Path, metavar="FILE", help="count the reports in FILE as this run's, under FILE's name")


def pytest_configure(config):
    if config.getoption("record"):
        config.pluginmanager.register(_Recorder(config))
    if config.getoption("count_in"):
        config.pluginmanager.register(_Counter(config))


class _Recorder:
    def __init__(self, config):
        self.config, self.reports = config, []

    def pytest_runtest_logreport(self, report):
        self._keep(report)

    def pytest_collectreport(self, report):
        if report.failed:
            self._keep(report)

    def _keep(self, report):
        self.reports.append(self.config.hook.pytest_report_to_serializable(config=self.config, report=report))

    def pytest_sessionfinish(self):
        path = self.config.getoption("record")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.reports))


class _Counter:
    def __init__(self, config):
        self.config = config

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self, session):
        path = self.config.getoption("count_in")
        for data in json.loads(path.read_text()):
            report = self.config.hook.pytest_report_from_serializable(config=self.config, data=data)
            report.nodeid = f"[{path.stem}] {report.nodeid}"
            if isinstance(report, pytest.CollectReport):
                self.config.hook.pytest_collectreport(report=report)
            else:
                self.config.hook.pytest_runtest_logreport(report=report)
