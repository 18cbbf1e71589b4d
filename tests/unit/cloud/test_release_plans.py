"""Which commands lead from what is there to what is wanted."""

from dataclasses import replace
from pathlib import Path

from autotennis_cloud import plans
from autotennis_cloud.installation import Installation
from autotennis_cloud.looking import Running, images_of, running_of
from autotennis_cloud.source import Source

INSTALLATION = Installation(project="our-club", contact="mailto:you@example.org", prefix="padel")
SOURCE = Source("0123456789ab", "v1.2-3-g0123456789ab")
OLD = Running("padel-api-1", "padel-api-1", "api@sha256:old", "https://api", {}, {}, is_ready=True)
LOOKED_AT = replace(OLD, latest="padel-api-2", image="api@sha256:new", tags={"next": "padel-api-2"})


def test_a_new_image_needs_a_revision_and_one_that_is_looked_at_or_serves_needs_none() -> None:
    """So what was cut off is not done twice."""
    assert plans.needs_revision(OLD, "api@sha256:new")
    assert not plans.needs_revision(OLD, "api@sha256:old")
    assert not plans.needs_revision(LOOKED_AT, "api@sha256:new")


def test_a_revision_that_did_not_start_is_made_anew() -> None:
    """It bears the tag, and must never get the traffic."""
    assert plans.needs_revision(replace(LOOKED_AT, is_ready=False), "api@sha256:new")


def test_new_settings_need_a_revision_though_the_image_is_the_same() -> None:
    """Terraform has made one without a tag, which nobody has looked at."""
    assert plans.needs_revision(replace(OLD, latest="padel-api-2"), "api@sha256:old")


def test_a_revision_gets_no_traffic_and_says_what_it_is_of() -> None:
    """Labels hold small letters, digits, hyphens and underscores only."""
    steps = plans.revision_steps(INSTALLATION, {"api": OLD}, {"api": "api@sha256:new"}, SOURCE)
    line = steps["api"].shown()
    assert line.startswith("gcloud run services update padel-api --image=api@sha256:new --no-traffic --tag=next ")
    assert "--update-labels=commit=0123456789ab,version=v1-2-3-g0123456789ab" in line
    assert "--project=our-club --region=europe-north1" in line


def test_traffic_moves_in_order_and_only_where_it_is_elsewhere() -> None:
    """A tag that is left is taken away also where the traffic is right."""
    running = {"api": LOOKED_AT, "timer": replace(OLD, serving="t-1"), "booker": replace(LOOKED_AT, serving="b-1")}
    wanted = {"api": "padel-api-2", "timer": "t-1", "booker": "b-1"}
    lines = [one.shown() for one in plans.traffic_steps(INSTALLATION, running, wanted, ("timer", "booker", "api"))]
    assert [line.partition(" --project")[0] for line in lines] == [
        "gcloud run services update-traffic padel-booker --to-revisions=b-1=100 --remove-tags=next",
        "gcloud run services update-traffic padel-api --to-revisions=padel-api-2=100 --remove-tags=next",
    ]


def test_all_images_are_built_from_one_packed_commit() -> None:
    """By an account that may do nothing else, out of a bucket of its own."""
    line = plans.build_step(INSTALLATION, SOURCE, Path("/tmp/x.tgz")).shown()  # noqa: S108 (nothing is written)
    assert "gcloud builds submit /tmp/x.tgz --config=deploy/cloud/cloudbuild.yaml" in line
    assert "--gcs-source-staging-dir=gs://our-club-padel-sources/source" in line
    assert "_IMAGES=europe-north1-docker.pkg.dev/our-club/padel" in line
    assert "_BUILDER=padel-builder@our-club.iam.gserviceaccount.com" in line


def test_a_builds_result_names_images_by_digest() -> None:
    """A tag may be moved, a digest not."""
    pushed = [{"name": "host/p/r/api:abc", "digest": "sha256:1"}, {"name": "host/p/r/timer:abc", "digest": "sha256:2"}]
    found = images_of({"results": {"images": pushed}})
    assert found == {"api": "host/p/r/api@sha256:1", "timer": "host/p/r/timer@sha256:2"}


def test_of_several_revisions_with_traffic_the_one_with_most_counts() -> None:
    """Whoever moved traffic by hand may have split it."""
    service = {
        "spec": {"template": {"spec": {"containers": [{"image": "i"}]}}},
        "status": {
            "latestCreatedRevisionName": "r-3",
            "latestReadyRevisionName": "r-2",
            "url": "https://u",
            "traffic": [
                {"revisionName": "r-1", "percent": 10},
                {"revisionName": "r-2", "percent": 90},
                {"revisionName": "r-3", "tag": "next", "url": "https://next---u"},
            ],
        },
    }
    found = running_of(service)
    assert (found.serving, found.latest, found.tags, found.urls) == (
        "r-2",
        "r-3",
        {"next": "r-3"},
        {"next": "https://next---u"},
    )
    assert not found.is_ready
