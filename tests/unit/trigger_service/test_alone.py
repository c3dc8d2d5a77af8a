"""Runner, demonstration and orchestrator start on the standard library alone, in any directory."""

import subprocess
import sys
from pathlib import Path

from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.programs import PACKAGE_ROOT

_LOOK = """
import sys
import kanban_app.trigger_service.runner.__main__, kanban_app.trigger_service.workflows.demo
import kanban_app.trigger_service.workflows.merge, kanban_app.trigger_service.workflows.prepared
import kanban_app.trigger_service.workflows.orchestrator
own = {name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names)
print(sorted(own - {"kanban_app", "__main__", "__mp_main__"}))
"""


def test_no_third_party_module_is_imported(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-S", "-c", _LOOK],
        cwd=tmp_path,
        env={"PYTHONPATH": str(PACKAGE_ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_a_relative_data_directory_means_the_same_to_runners() -> None:
    config = ServiceConfig(data_dir=Path("./somewhere"))
    assert config.service_file.is_absolute()
