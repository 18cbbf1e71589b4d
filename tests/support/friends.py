"""Members who know each other, and their groups. All people are invented."""

from dataclasses import dataclass

from support.accounts import come_in
from support.api_site import ClubBeside, Site, Visitor, words

from autotennis.domain.group import Group
from autotennis.domain.member import Member


@dataclass(frozen=True)
class Friend:
    """A member with a browser, an address and an account."""

    name: str
    email: str
    visitor: Visitor
    account: Member


def make_friend(site: Site, club: ClubBeside, name: str) -> Friend:
    """A member of the club who has an account."""
    email = f"{name.lower()}@example.org"
    club.add_member(email)
    visitor, account = come_in(site, email)
    return Friend(name, email, visitor, account)


def found_group(site: Site, founder: Friend, name: str = "Tuesday doubles") -> Group:
    """A group of the founder alone."""
    answer = founder.visitor.post("/groups", {"name": name, "called": founder.name})
    assert "The group is ready" in words(answer)
    return site.ports.store.group(answer.request.path.rsplit("/", 1)[1])


def join_path(group: Group) -> str:
    """Where its invitation leads."""
    return f"/groups/{group.id}/join/{group.invitation}"


def make_group(site: Site, *friends: Friend, name: str = "Tuesday doubles") -> Group:
    """A group of these, the first one's own."""
    group = found_group(site, friends[0], name)
    for one in friends[1:]:
        assert "You are in the group now." in words(one.visitor.post(join_path(group), {"called": one.name}))
    return site.ports.store.group(group.id)
