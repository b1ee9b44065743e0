"""Fixtures of the end-to-end tests: one private dockerd a file, and a site (repository, proxy, tinyforged) a test."""

import os

import pytest

from rig import daemon as rig_daemon
from rig import images, sandbox
from rig.dockerd import Dockerd
from rig.site import Site


def pytest_configure(config):
    if not sandbox.inside():
        pytest.exit("these tests need a sandbox: run them by tests/rig/run FILE, or ctest", returncode=2)
    if not os.path.exists(os.path.join(rig_daemon.BIN, "tinyforged")):
        pytest.exit(f"no tinyforged in {rig_daemon.BIN}: run hack/build", returncode=2)


@pytest.fixture(scope="module")
def dockerd():
    dockerd = Dockerd().start()
    try:
        images.import_all(dockerd.engine)
        yield dockerd
    finally:
        dockerd.close()


@pytest.fixture
def site(dockerd, request):
    """A repository, a proxy at the Engine's socket and a tinyforged that is not started yet."""
    site = Site(dockerd)
    try:
        yield site
    finally:
        if getattr(request.node, "failed", False):
            print(site.report())
        site.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    outcome = yield
    if outcome.get_result().failed:
        item.failed = True
