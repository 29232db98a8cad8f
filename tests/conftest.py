"""Joins pytest runs in several Blenders into one result: a run records its reports, the closing run counts
them as its own.
"""

import json
import re
import shutil
from pathlib import Path

import pytest

import build


def pytest_addoption(parser):
    group = parser.getgroup("pochade")
    group.addoption("--record", type=Path, metavar="FILE", help="leave this run's reports in FILE")
    group.addoption(
        "--count-in",
        type=Path,
        metavar="FILE",
        help="count the reports in FILE as this run's, under FILE's name",
    )


@pytest.fixture
def older_zip(tmp_path):
    """`older_zip(zip, folder)`: the same extension as an older version, built into that folder; its
    `addon/styles/presets.py` has an `OLD`.
    """

    def make(extension, folder):
        source = tmp_path / "older"
        shutil.unpack_archive(extension, source)
        manifest = source / "blender_manifest.toml"
        manifest.write_text(
            re.sub("^version = .*$", 'version = "0.0.1"', manifest.read_text(), flags=re.MULTILINE)
        )
        with (source / "addon/styles/presets.py").open("a") as module:
            module.write("OLD = True\n")
        return build.build_zip(folder, source)

    return make


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

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session):
        try:
            return (yield)
        finally:  # after this run's own tests: before them, a failure would look like one of collecting
            for report in self._read():
                self._count(session, report)

    def _read(self):
        path = self.config.getoption("count_in")
        for data in json.loads(path.read_text()):
            report = self.config.hook.pytest_report_from_serializable(config=self.config, data=data)
            report.nodeid = f"[{path.stem}] {report.nodeid}"
            if report.skipped:
                report.longrepr = tuple(report.longrepr)  # JSON made it a list
            yield report

    def _count(self, session, report):
        if isinstance(report, pytest.CollectReport):
            category = "error"
        else:
            category = self.config.hook.pytest_report_teststatus(report=report, config=self.config)[0]
        self.config.pluginmanager.get_plugin("terminalreporter").stats.setdefault(category, []).append(report)
        session.testsfailed += report.failed
        session.testscollected += 1  # that none of this run's own was chosen is no error then
