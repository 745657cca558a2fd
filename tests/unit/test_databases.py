"""The databases that tests are given are real, separate and empty of each other's rows."""

from sqlalchemy import create_engine, text


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
