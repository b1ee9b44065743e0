"""hack/check-layers finds what the table forbids, and nothing else."""

import os
import subprocess

import pytest

_SCRIPT = os.path.join(os.path.dirname(__file__), "..", "..", "..", "hack", "check-layers")


def check(root, path, text):
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    done = subprocess.run([_SCRIPT, "--root", str(root)], capture_output=True, text=True)
    return done.returncode, done.stdout


@pytest.mark.parametrize("path,line,complaint", [
    ("api-types/v1/a.h", '#include "reconcilers/core/ports.h"', "may not include reconcilers/core"),
    ("reconcilers/plan/a.cc", '#include "controller/docker/engine.h"', "may not include controller/docker"),
    ("reconcilers/plan/a.cc", '#include "reconcilers/workload/x.h"', "may not include reconcilers/workload"),
    ("controller/git/a.cc", '#include "controller/docker/engine.h"', "may not include controller/docker"),
    ("controller/git/a.cc", '#include "neighbour.h"', "names no layer"),
    ("controller/git/a.cc", "#include <curl/curl.h>", "may not include <curl/curl.h>"),
    ("controller/serve/a.h", "#include <nlohmann/json.hpp>", "only in .cc files"),
    ("api-types/doc/a.h", "#include <rapidjson/reader.h>", "only in .cc files"),
    ("controller/serve/a.cc", "#include <rapidjson/reader.h>", "may not include <rapidjson/reader.h>"),
    ("reconcilers/core/a.h", "#include <thread>", "no threads"),
    ("reconcilers/core/a.cc", "auto now = std::chrono::steady_clock::now();", "no clock"),
    ("reconcilers/core/a.cc", "#include <unistd.h>", "may not include <unistd.h>"),
    ("api-types/doc/a.cc", "#include <regex>", "RE2"),
    ("controller/store/a.cc", "NLOHMANN_DEFINE_TYPE_INTRUSIVE(A, b)", "NLOHMANN_DEFINE_TYPE"),
    ("controller/elsewhere/a.cc", "int a;", "in no row"),
])
def test_a_violation_is_named_with_file_and_line(tmp_path, path, line, complaint):
    code, out = check(tmp_path, path, "// first\n" + line + "\n")
    assert code == 1
    assert complaint in out
    assert out.startswith(path + (":1:" if "no row" in complaint else ":2:"))


@pytest.mark.parametrize("path,text", [
    ("api-types/codec/a.cc", '#include "api-types/meta/error.h"\n#include <openssl/evp.h>\n'),
    ("reconcilers/workload/a.cc", '#include "api-types/v1/workload.h"\n#include <chrono>\n'),
    ("controller/docker/a.cc", '#include <unistd.h>\n#include <curl/curl.h>\n#include <nlohmann/json.hpp>\n#include <thread>\n'),
    ("controller/docker/a.h", "#include <nlohmann/json_fwd.hpp>\n"),
    ("controller/cmd/main.cc", '#include <CLI/CLI.hpp>\n#include "controller/store/store.h"\n'),
])
def test_what_the_table_allows_passes(tmp_path, path, text):
    code, out = check(tmp_path, path, text)
    assert code == 0, out


def test_an_empty_tree_is_not_a_success(tmp_path):
    assert subprocess.run([_SCRIPT, "--root", str(tmp_path)], capture_output=True).returncode == 1
