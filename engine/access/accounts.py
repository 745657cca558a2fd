"""Public interface of accounts: create and change them, memberships, sign-in."""

from engine.access.memberships import (
    add_membership,
    eligible_users,
    end_membership,
    members_with_role,
    memberships,
)
from engine.access.models import Account, AccountMembership
from engine.access.sign_in import SignedIn, actor_for, authenticate, signed_in
from engine.access.user_directory import (
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

__all__ = [
    "Account",
    "AccountMembership",
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
    "eligible_users",
    "end_membership",
    "members_with_role",
    "memberships",
    "names",
    "normalise_username",
    "reactivate",
    "set_password",
    "signed_in",
]
