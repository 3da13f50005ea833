package dev.freshet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DatabaseAddressTest {

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "jdbc:postgresql://db:5432/app, jdbc:postgresql://db:5432/app, '', -",
                "db/app, jdbc:postgresql://db/app, '', -",
                "postgres://db/app?sslmode=require, jdbc:postgresql://db/app?sslmode=require, '', -",
                "postgresql://ada:s%40c+ret@db:5433/app, jdbc:postgresql://db:5433/app, ada, s@c+ret",
                "postgres://ada@db/app, jdbc:postgresql://db/app, ada, -",
                "jdbc:postgresql://db/app?user=ada&password=x&sslmode=require, jdbc:postgresql://db/app?sslmode=require, ada, x",
                "jdbc:postgresql://db/app?sslmode=require&password=x, jdbc:postgresql://db/app?sslmode=require, '', x",
                "jdbc:postgresql://db/app?password=x, jdbc:postgresql://db/app, '', x",
            })
    void isReadOfWhatPeopleHaveAtHand(String text, String url, String user, String password) {
        assertThat(DatabaseAddress.parse(text)).isEqualTo(new DatabaseAddress(url, user, password));
    }

    @ParameterizedTest
    @CsvSource({"somewhere", "db:5432", "mysql://db/app", "jdbc:postgresql:app"})
    void isRefusedWhenItIsNone(String text) {
        assertThatThrownBy(() -> DatabaseAddress.parse(text))
                .hasMessageContaining("jdbc:postgresql://host:port/database");
    }

    @Test
    void neverShowsThePassword() {
        assertThat(DatabaseAddress.parse("postgres://ada:hunter2@db/app"))
                .asString()
                .doesNotContain("hunter2");
    }
}
