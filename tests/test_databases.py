"""The databases that tests are given are real, separate and empty of each other's rows."""

import sqlite3
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from engine.storage import Database


def test_a_database_is_given_for_each_dialect(empty_database_url: str) -> None:
    engine = create_engine(empty_database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE prova (nome TEXT)"))
        connection.execute(text("INSERT INTO prova VALUES ('perché')"))
        assert connection.execute(text("SELECT nome FROM prova")).scalar_one() == "perché"
    engine.dispose()


def test_the_next_test_sees_nothing_of_it(empty_database_url: str) -> None:
    engine = create_engine(empty_database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE prova (nome TEXT)"))
        assert connection.execute(text("SELECT count(*) FROM prova")).scalar_one() == 0
    engine.dispose()


def test_a_database_comes_with_all_tables(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.connect() as connection:
        assert "instance" in set(connection.dialect.get_table_names(connection))
    engine.dispose()


def test_a_connection_that_comes_back_after_the_closing_is_closed(database_url: str) -> None:
    database = Database(database_url)
    connection = database.engine.connect()
    connection.execute(text("SELECT 1"))
    late: Any = connection.connection.dbapi_connection
    database.close()
    connection.close()
    if database.is_sqlite:
        with pytest.raises(sqlite3.ProgrammingError):
            late.execute("SELECT 1")
    else:
        assert late.closed
    with database.read() as again:  # one may go on after a closing
        assert again.execute(text("SELECT 1")).scalar_one() == 1
        kept: Any = again.connection.dbapi_connection
    with database.read() as again:
        assert again.connection.dbapi_connection is kept
    database.close()
