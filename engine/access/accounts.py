"""Accounts: who can sign in, what they hold and where. A changed password or a closed account ends older sessions."""

from engine.access.audit_register import By
from engine.access.memberships import add_membership, end_membership, members_with_role, memberships, who_can
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
