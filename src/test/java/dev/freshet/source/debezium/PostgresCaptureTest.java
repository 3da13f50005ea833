package dev.freshet.source.debezium;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.change.TableId;
import dev.freshet.config.SourceConfig;
import dev.freshet.source.CapturedTables;
import dev.freshet.source.Column;
import dev.freshet.source.ColumnType;
import dev.freshet.source.SourceException;
import dev.freshet.source.Table;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;

final class PostgresCaptureTest {

    private static final Table TABLE = new Table(
            new TableId("public", "docs"),
            List.of(
                    new Column("id", ColumnType.INTEGER, ColumnType.INTEGER, false),
                    new Column("place", ColumnType.OTHER, ColumnType.OTHER, false)),
            List.of("id"));

    private static Properties properties(String url, Map<String, String> extra) {
        var capture = new PostgresCapture(
                "name",
                url,
                "user",
                "secret",
                "slot",
                "publication",
                false,
                Duration.ofMillis(10),
                Duration.ofSeconds(10),
                1 << 20,
                extra);
        return capture.engineProperties(new CapturedTables(Map.of(TABLE.id(), TABLE)), Path.of("offsets"));
    }

    @Test
    void everyPropertyOfOursIsReserved() {
        Properties properties = properties("jdbc:postgresql://db:5433/shop?sslmode=require&options=-c%20a=b", Map.of());
        assertThat(properties.stringPropertyNames())
                .isNotEmpty()
                .allSatisfy(
                        name -> assertThat(SourceConfig.reserves(name)).as(name).isTrue());
    }

    @Test
    void propertiesOfOthersArePassedOnButNeverInPlaceOfOurs() {
        Properties properties =
                properties("jdbc:postgresql://db/shop", Map.of("slot.max.retries", "9", "skipped.operations", "d"));
        assertThat(properties).containsEntry("slot.max.retries", "9").containsEntry("skipped.operations", "none");
    }

    @Test
    void theUrlIsTakenApart() {
        Properties properties = properties("jdbc:postgresql://db:5433/shop?sslmode=require&options=-c%20a=b", Map.of());
        assertThat(properties)
                .containsEntry("database.hostname", "db")
                .containsEntry("database.port", "5433")
                .containsEntry("database.dbname", "shop")
                .containsEntry("driver.sslmode", "require");
        assertThat(properties.getProperty("driver.options")).startsWith("-c a=b -c bytea_output=hex");
        assertThatThrownBy(() -> properties("jdbc:mysql://db/shop", Map.of())).isInstanceOf(SourceException.class);
    }

    @Test
    void columnsThatAreNotReadAreNotAskedFor() {
        assertThat(properties("jdbc:postgresql://db/shop", Map.of()).getProperty("column.include.list"))
                .isEqualTo("public\\.docs\\.id");
    }
}
