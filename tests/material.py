"""Where real files for tests lie, when they are there: `ERP_SHARED_DATA`, else a folder beside the checkout."""

import os
from pathlib import Path

MATERIAL = Path(os.environ.get("ERP_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
