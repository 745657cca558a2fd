"""Passwords: Argon2id hashes with the library's present parameters, the same work whether or not the user exists."""

from __future__ import annotations

import functools
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from engine.errors import InvalidInput

MIN_LENGTH = 12
MAX_LENGTH = 256

_hasher = PasswordHasher()


def check_new_password(password: str, username: str) -> None:
    """Raise InvalidInput on ``password`` unless it is long enough, not absurd, and does not hold the user name."""
    plain = _normal(password)
    sentence = ""
    if len(plain) < MIN_LENGTH:
        sentence = f"La password deve avere almeno {MIN_LENGTH} caratteri: una frase va bene"
    elif len(plain) > MAX_LENGTH:
        sentence = f"La password può avere al massimo {MAX_LENGTH} caratteri"
    elif username.casefold() in plain.casefold() and len(plain) < len(username) + MIN_LENGTH:
        sentence = "La password non deve contenere il nome utente"
    elif len(set(plain)) < 5:
        sentence = "La password ripete sempre gli stessi caratteri"
    if sentence:
        raise InvalidInput(sentence, code="PASSWORD_NON_VALIDA", fields={"password": sentence})


def hash_password(password: str) -> str:
    """The Argon2id hash, with its salt and parameters."""
    return _hasher.hash(_normal(password))


def matches(password: str, stored: str | None) -> bool:
    """Whether the password is that of the hash. Without a hash the same work is done, and the answer is no."""
    plain = _normal(password)[: MAX_LENGTH + 1]
    try:
        _hasher.verify(stored or _nobodys_hash(), plain)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored)


@functools.cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_hex(16))


def _normal(password: str) -> str:
    return unicodedata.normalize("NFC", password)
