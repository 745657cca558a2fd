"""Accounts: who can sign in, what they hold and where. A changed password or a closed account ends older sessions."""

from engine.operations.people.directory import (
    account,
    accounts,
    change_account,
    change_password,
    create_account,
    deactivate,
    names,
    normalise_username,
    reactivate,
    set_password,
)
from engine.operations.people.memberships import (
    add_membership,
    end_membership,
    members_with_role,
    memberships,
    who_can,
)
from engine.operations.people.model import Account, AccountMembership
from engine.operations.people.register import By
from engine.operations.people.signin import SignedIn, actor_for, authenticate, signed_in

__all__ = [
    "Account",
    "AccountMembership",
    "By",
    "SignedIn",
    "account",
    "accounts",
    "actor_for",
    "add_membership",
    "authenticate",
    "change_account",
    "change_password",
    "create_account",
    "deactivate",
    "end_membership",
    "members_with_role",
    "memberships",
    "names",
    "normalise_username",
    "reactivate",
    "set_password",
    "signed_in",
    "who_can",
]
