"""What an installation for rehearsals has besides: the practice club (docs/rehearsal.md)."""

from typing import Any, Final

from autotennis_cloud import plans
from autotennis_cloud.looking import built_images, images_of
from autotennis_cloud.releasing import Tools
from autotennis_cloud.running import say
from autotennis_cloud.source import Source, archived
from autotennis_cloud.trouble import CloudTrouble

_PRACTICE: Final = "practice"


def for_rehearsals(tools: Tools, source: Source) -> dict[str, Any]:
    """What Terraform is told of it: nothing, unless the installation is for rehearsals. Raises CloudTrouble."""
    if not tools.installation.rehearsal:
        return {}
    built = built_images(tools.runner, tools.installation, source.commit, _PRACTICE)
    if built:
        say(f"  The practice club of {source.version} is built already.")
    return {"practice_image": (built or _built_now(tools, source))[_PRACTICE]}


def _built_now(tools: Tools, source: Source) -> dict[str, str]:
    with archived(tools.runner, source) as packed:
        build = tools.runner.do(plans.build_step(tools.installation, source, packed, _PRACTICE))
    if not build:
        return {_PRACTICE: f"{tools.installation.images}/{_PRACTICE}@sha256:DIGEST-OF-THE-BUILD"}
    images = images_of(build)
    if _PRACTICE not in images:
        raise CloudTrouble(f"The build left no image of {_PRACTICE}. Look at deploy/cloud/cloudbuild-practice.yaml.")
    return images
