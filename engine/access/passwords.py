"""Passwords: rules for new ones, Argon2id hashes, verification in constant work."""

from __future__ import annotations

import functools
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from engine.errors import InvalidInput
from engine.localization import Message, message

MIN_LENGTH = 12
MAX_LENGTH = 256

_hasher = PasswordHasher()


def check_new_password(password: str, username: str) -> None:
    """Raise InvalidInput (field ``password``) for a password that is too short, too long or too easy to guess."""
    plain = _normal(password)
    fault: Message | None = None
    if len(plain) < MIN_LENGTH:
        fault = message("PASSWORD_TOO_SHORT", length=MIN_LENGTH)
    elif len(plain) > MAX_LENGTH:
        fault = message("PASSWORD_TOO_LONG", length=MAX_LENGTH)
    elif username.casefold() in plain.casefold() and len(plain) < len(username) + MIN_LENGTH:
        fault = message("PASSWORD_HOLDS_USERNAME")
    elif len(set(plain)) < 5:
        fault = message("PASSWORD_REPEATS")
    if fault is not None:
        raise InvalidInput.for_field("password", fault, code="PASSWORD_NON_VALIDA")


def hash_password(password: str) -> str:
    """The Argon2id hash, with its salt and parameters."""
    return _hasher.hash(_normal(password))


def matches(password: str, stored: str | None) -> bool:
    """Whether the password matches the hash. Without a hash the work is the same and the result is False."""
    plain = _normal(password)[: MAX_LENGTH + 1]
    try:
        _hasher.verify(stored or _dummy_hash(), plain)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with other parameters than the current ones."""
    return _hasher.check_needs_rehash(stored)


@functools.cache
def _dummy_hash() -> str:
    return _hasher.hash(secrets.token_hex(16))


def _normal(password: str) -> str:
    return unicodedata.normalize("NFC", password)
