"""Worker processes: they give what this process gives, and one that dies costs the run that it was at."""

import os
import subprocess
import sys

import pytest

import hrlib as hr


def test_objects_cannot_go_to_workers(shop, tmp_path, budget):
    with pytest.raises(
        hr.HrlibError, match="tiny: objects of this process cannot go to 2 worker processes. Use jobs=1"
    ):
        hr.benchmark(["contrastive"], {"tiny": shop}, 1, out_dir=tmp_path, jobs=2, **budget)


WORKERS = {"catalogues": {"shop": {"name": "synthetic", "products": 2, "photos": 4, "image_size": (32, 32)}}}


def test_workers_give_what_this_process_gives(tmp_path, budget):
    """Two workers, a loss that a module of the user's registers, another that ends its process."""
    (tmp_path / "users_losses.py").write_text(
        "import os, hrlib as hr\n"
        "@hr.losses.register('users-own')\n"
        "def users_own(hierarchy, dim):\n"
        "    return hr.losses.HierarchicalProxyLoss(hierarchy, dim, weights=(1.0,))\n"
        "@hr.losses.register('users-crash')\n"
        "def users_crash(hierarchy, dim):\n"
        "    os._exit(3)\n"
    )
    script = (
        "import sys, json, hrlib as hr\n"
        "import users_losses\n"
        "if True:\n"
        f"    settings = dict(epochs=1, batch_size=16, dim=16, augment='none', seeds=1, catalogues={WORKERS['catalogues']!r})\n"
        "    two = hr.benchmark(['users-own', 'users-crash', 'proxy-anchor'], out_dir=sys.argv[1] + '/two', jobs=2, imports=['users_losses'], **settings)\n"
        "    one = hr.benchmark(['users-own', 'proxy-anchor'], out_dir=sys.argv[1] + '/one', jobs=1, **settings)\n"
        "    assert one.runs.equals(two.runs), (one.runs, two.runs)\n"
        "    print(json.dumps(two.about['failed']))\n"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, env=environment, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "users-crash" in done.stdout and "the worker process ended with 3" in done.stdout
