"""Every version of every saga that may still be running."""

from core.sagas import allocate_to_channel
from core.sagas.definition import Definitions

DEFINITIONS: Definitions = {(one.name, one.version): one for one in (allocate_to_channel.V1,)}
