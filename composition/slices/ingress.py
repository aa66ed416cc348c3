"""Commands of incoming webhooks: an operator's, a source's, and those given by workers alone."""

from functools import partial
from typing import Any

from dependency_injector import containers, providers

from adapters.toolkit.notices import read_notice
from core.identity.permission import Scope
from core.ingress.notice import ProcessNotice, TakeNotice
from core.ingress.source import AddSource, RemoveSource, ReplaceSourceSecret
from core.ingress.use_cases.change_source import add_source, remove_source, replace_source_secret
from core.ingress.use_cases.process_notice import process_notice
from core.ingress.use_cases.take_notice import take_notice
from entrypoints.dispatch import UseCase

_WRITE = Scope.CONFIGURATION_WRITE


class Ingress(containers.DeclarativeContainer):
    """Sources, and what they say. A source has proven who it is before it is heard: it has no scope."""

    new_id: providers.Dependency[Any] = providers.Dependency()
    use_cases = providers.Dict(
        {
            AddSource: providers.Factory(
                UseCase, scope=_WRITE, run=providers.Factory(partial, add_source, new_id=new_id)
            ),
            ReplaceSourceSecret: providers.Factory(UseCase, scope=_WRITE, run=providers.Object(replace_source_secret)),
            RemoveSource: providers.Factory(UseCase, scope=_WRITE, run=providers.Object(remove_source)),
            TakeNotice: providers.Factory(
                UseCase, scope=None, run=providers.Factory(partial, take_notice, new_id=new_id)
            ),
            ProcessNotice: providers.Factory(
                UseCase, scope=None, run=providers.Object(partial(process_notice, read=read_notice))
            ),
        }
    )
