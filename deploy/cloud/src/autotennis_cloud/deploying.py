"""The first deployment, and every change of settings: from a project with nothing in it to a system that runs."""

from collections.abc import Iterable
from typing import Any, Final

from pydantic import SecretStr

from autotennis.adapters.system import SystemIds
from autotennis_cloud import secret_values
from autotennis_cloud.installation import Installation
from autotennis_cloud.looking import looked
from autotennis_cloud.rehearsing import for_rehearsals
from autotennis_cloud.releasing import FIRST, Tools, all_running, images_for, release
from autotennis_cloud.running import Runner, say
from autotennis_cloud.source import Source
from autotennis_cloud.steps import Step, gcloud
from autotennis_cloud.terraforming import FOUNDATION, SYSTEM, Root, apply, of_the_system
from autotennis_cloud.trouble import CloudTrouble, NotThere

# What has to be on before Terraform can turn on the rest.
_FIRST_APIS: Final = (
    "cloudresourcemanager.googleapis.com",
    "iam.googleapis.com",
    "serviceusage.googleapis.com",
    "storage.googleapis.com",
)


def deploy(tools: Tools, source: Source) -> None:
    """All of it. Raises CloudTrouble."""
    token = logged_in(tools.runner)
    _check_project(tools.runner, tools.installation)
    _prepare(tools.runner, tools.installation)
    _apply(tools, FOUNDATION, {}, token)
    have = _give_secrets(tools.runner, tools.installation)
    state = looked(tools.runner, tools.installation, source.commit)
    images = images_for(tools, source, state.images)
    _apply(tools, SYSTEM, {**of_the_system(images, have), **for_rehearsals(tools, source)}, token)
    if not tools.runner.go and not state.running:
        say("# from here on as `make release` does: new revisions, a look at them, the traffic, and a watch")
        return
    release(tools, source, images, state.history)
    if tools.runner.go:
        _say_what_next(tools)


def renew(tools: Tools, source: Source) -> None:
    """A new version of what is deployed, with all that it needs to be there before it runs. Raises CloudTrouble.

    Indexes, topics and subscriptions are Terraform's, and so are the settings.
    """
    token = logged_in(tools.runner)
    state = looked(tools.runner, tools.installation, source.commit)
    if not state.running:
        raise CloudTrouble(f"Nothing is deployed here yet. {FIRST}")
    images = images_for(tools, source, state.images)
    _apply(tools, FOUNDATION, {}, token)
    have = secret_values.with_values(tools.runner, tools.installation, secret_values.OPTIONAL)
    _apply(tools, SYSTEM, {**of_the_system(images, have), **for_rehearsals(tools, source)}, token)
    release(tools, source, images, state.history)


def _apply(tools: Tools, root: str, more: dict[str, Any], token: SecretStr) -> None:
    apply(tools.runner, tools.installation, Root(root, more), token)


def logged_in(runner: Runner) -> SecretStr:
    """A token of gcloud's login, for Terraform. Raises CloudTrouble."""
    return SecretStr(runner.read("gcloud", "auth", "print-access-token", "--quiet").strip())


def _check_project(runner: Runner, installation: Installation) -> None:
    project = installation.project
    try:
        runner.ask("gcloud", "projects", "describe", project, "--quiet", "--format=json")
    except CloudTrouble as error:
        raise CloudTrouble(
            f"The project {project} cannot be seen. Is its name right, and is it yours?\n{error}"
        ) from None
    billing = runner.ask("gcloud", "billing", "projects", "describe", project, "--quiet", "--format=json")
    if not billing or not billing.get("billingEnabled"):
        raise CloudTrouble(
            f"The project {project} has no billing account, without which Google runs nothing. "
            f"Link one: gcloud billing projects link {project} --billing-account=ACCOUNT "
            "(gcloud billing accounts list shows yours)."
        )


def _prepare(runner: Runner, installation: Installation) -> None:
    """Turns on the first APIs, and makes the bucket."""
    where = (f"--project={installation.project}",)
    listed = runner.rows("gcloud", "services", "list", "--enabled", *where, "--quiet", "--format=json")
    enabled = {one["config"]["name"] for one in listed}
    if absent := [one for one in _FIRST_APIS if one not in enabled]:
        runner.do(gcloud("turn on the first APIs", "services", "enable", *absent, *where))
    for step in _bucket_steps(installation, exists=_has_bucket(runner, installation)):
        runner.do(step)


def _has_bucket(runner: Runner, installation: Installation) -> bool:
    try:
        runner.ask(
            "gcloud", "storage", "buckets", "describe", f"gs://{installation.bucket}", "--quiet", "--format=json"
        )
    except NotThere:
        return False
    return True


def _bucket_steps(installation: Installation, *, exists: bool) -> Iterable[Step]:
    if exists:
        return []
    bucket, where = f"gs://{installation.bucket}", f"--project={installation.project}"
    private = ("--uniform-bucket-level-access", "--public-access-prevention", f"--location={installation.region}")
    return [
        gcloud("make the bucket of Terraform's state", "storage", "buckets", "create", bucket, *private, where),
        gcloud("keep what the bucket held before", "storage", "buckets", "update", bucket, "--versioning", where),
    ]


def _give_secrets(runner: Runner, installation: Installation) -> set[str]:
    """Makes values for the secrets that want one; those that have one then."""
    to_make = secret_values.made_for(installation)
    have = secret_values.with_values(runner, installation, to_make + secret_values.GIVEN)
    wanting = [name for name in to_make if name not in have]
    ids = SystemIds()
    made = [(name, secret_values.made(ids)) for name in wanting]
    runner.do_all([secret_values.version_step(installation, *one, "a new random value") for one in made])
    return have | set(wanting)


def _say_what_next(tools: Tools) -> None:
    address = tools.installation.public_url or all_running(tools)["api"].url
    say(f"\nAutotennis runs at {address}")
    say(f"Now register there, at {address}/register: the first account is the operator's.")
    say("Then invite the others under Settings, Invitations.")
    say("What runs: make releases. A new version: make release GO=1. The way back: make rollback GO=1.")
