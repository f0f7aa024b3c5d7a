"""The Python side of wan-models: ask for a model by name, get its directory, complete and proven.

The exceptions, one for each code, are in :mod:`wan_models.errors`.

>>> from wan_models import get_wan_paths
>>> directory = get_wan_paths("t2v-A14B-diffusers@2.2.0")
"""

from .cancel import Cancel
from .client import Client, Lease
from .command import CommandNotFound
from .errors import WanError
from .progress import Progress
from .results import EnsureResult, LoadPlan, ModelState, ModelStatus, ModelSummary, VerifyResult
from .service_http import ServiceUnreachable
from .service_transport import RootNotHere, ServiceTransport

_client = Client()

get_wan_paths = _client.get_wan_paths
ensure = _client.ensure
status = _client.status
verify = _client.verify
list_models = _client.list_models
path = _client.path
load_plan = _client.load_plan
lease = _client.lease

__all__ = [
    "Cancel",
    "Client",
    "CommandNotFound",
    "EnsureResult",
    "Lease",
    "LoadPlan",
    "ModelState",
    "ModelStatus",
    "ModelSummary",
    "Progress",
    "RootNotHere",
    "ServiceTransport",
    "ServiceUnreachable",
    "VerifyResult",
    "WanError",
    "ensure",
    "get_wan_paths",
    "lease",
    "list_models",
    "load_plan",
    "path",
    "status",
    "verify",
]
