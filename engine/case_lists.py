"""The list of the cases one may see, the newest first: each ambito and state is read by its index, a page at most.

However many cases there are, and however few of them are one's own, a page costs a probe for each ambito in which there
are cases, a page of rows for each of one's own, and the cases one takes part in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Select,
    String,
    and_,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union,
    union_all,
)

from engine.actors import Actor
from engine.permissions import Permission, PermissionMatrix
from engine.storage.tables import instance, participant
from engine.visibility import within

LARGEST = 2**62
"""Beyond every number of a case."""
STATES = ("active", "suspended", "completed", "cancelled")


def newest(
    actor: Actor,
    permissions: PermissionMatrix,
    conditions: Sequence[ColumnElement[bool]],
    *,
    state: str | None,
    scope: str | None,
    after: int | None,
    limit: int,
    sqlite: bool,
) -> Select[Any]:
    """The ids of the `limit` newest cases that the actor may see, of one state, in one scope, below a number.

    `conditions` are on `instance` and hold for each.
    """
    readable = sorted(permissions.scopes(actor, Permission.CASE_READ))
    wanted = [*conditions, *([instance.c.number < after] if after else [])]
    if "" in readable and not (state or scope):
        return _first(select(instance.c.id, instance.c.number).where(*wanted), limit)
    if scope:
        wanted.append(within(instance.c.scope, scope))
    if state:
        wanted.append(instance.c.state == state)
    parts: list[Select[Any]] = [_of_my_part(actor, wanted, limit)]
    if readable:
        parts.append(_of_scopes(readable, wanted, state, scope, after, limit, sqlite=sqlite))
    found = union(*parts).subquery("mine")
    return select(found.c.id).order_by(found.c.number.desc()).limit(limit)


def _first(query: Select[Any], limit: int) -> Select[Any]:
    found = query.order_by(instance.c.number.desc()).limit(limit).subquery("newest")
    return select(found.c.id)


def _of_my_part(actor: Actor, wanted: Sequence[ColumnElement[bool]], limit: int) -> Select[Any]:
    inner = (
        select(instance.c.id, instance.c.number)
        .join(participant, participant.c.instance_id == instance.c.id)
        .where(participant.c.actor_id == actor.id, participant.c.until.is_(None), *wanted)
        .order_by(instance.c.number.desc())
        .limit(limit)
        .subquery("of_my_part")
    )
    return select(inner.c.id, inner.c.number)


def _of_scopes(
    readable: Sequence[str],
    wanted: Sequence[ColumnElement[bool]],
    state: str | None,
    scope: str | None,
    after: int | None,
    limit: int,
    *,
    sqlite: bool,
) -> Select[Any]:
    """A page of each ambito and state: the first rows of one place in the index after another."""
    scopes = _scopes()
    states = union_all(
        *(select(literal(one, String).label("state")) for one in ((state,) if state else STATES))
    ).subquery("states")
    mine = and_(
        scopes.c.scope.is_not(None),
        or_(*(within(scopes.c.scope, one) for one in readable)),
        within(scopes.c.scope, scope or ""),
    )
    if sqlite:  # which knows no LATERAL: the rows by their place in the file
        first: Select[Any] = (
            select(literal_column("instance.rowid"))
            .where(instance.c.scope == scopes.c.scope, instance.c.state == states.c.state, *wanted)
            .order_by(instance.c.number.desc())
            .limit(limit)
            .correlate(scopes, states)
        )
        kept = instance.alias("kept")
        return (
            select(kept.c.id, kept.c.number)
            .select_from(scopes.join(states, true()).join(kept, literal_column("kept.rowid").in_(first)))
            .where(mine)
        )
    key = tuple_(instance.c.scope, instance.c.state, instance.c.number)
    ends = (tuple_(scopes.c.scope, states.c.state, literal(end, BigInteger)) for end in (0, after or LARGEST))
    lowest, highest = (
        ends  # compared as rows: only this index, no walk over all numbers, answers that in order
    )
    each = (
        select(instance.c.id, instance.c.number)
        .where(key > lowest, key < highest, *wanted)
        .order_by(instance.c.scope.desc(), instance.c.state.desc(), instance.c.number.desc())
        .limit(limit)
        .correlate(scopes, states)
        .lateral("each")
    )
    return (
        select(each.c.id, each.c.number)
        .select_from(scopes.join(states, true()).join(each, true()))
        .where(mine)
    )


def _scopes() -> CTE:
    """Every ambito in which there are cases: one probe of the index for each, not one row for each case."""
    least = select(func.min(instance.c.scope).label("scope")).cte("scopes", recursive=True)
    following = instance.alias("following")
    probe = select(func.min(following.c.scope)).where(following.c.scope > least.c.scope).scalar_subquery()
    return least.union_all(select(probe).where(least.c.scope.is_not(None)))
