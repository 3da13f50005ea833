package dev.freshet.document;

import com.google.protobuf.ByteString;
import com.google.protobuf.NullValue;
import com.google.protobuf.Timestamp;
import dev.cel.bundle.Cel;
import dev.cel.bundle.CelFactory;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.CelType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.extensions.CelExtensions;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.validator.CelValidator;
import dev.cel.validator.CelValidatorFactory;
import dev.cel.validator.validators.DurationLiteralValidator;
import dev.cel.validator.validators.RegexLiteralValidator;
import dev.cel.validator.validators.TimestampLiteralValidator;
import dev.freshet.change.Row;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A CEL expression over {@code row} that tells whether a row belongs in the index.
 *
 * <p>A column is an int, a double (also a numeric, rounded to one), a bool, a string, bytes, a timestamp (without zone:
 * taken as UTC), a list, a map or null; dates and times of day are strings in ISO 8601, which compare in their order.
 * Numbers of different types compare with each other; null equals only null, and every other operation on it fails.
 *
 * <p>Safe for use by several threads.
 */
final class Membership {

    private static final Cel CEL = CelFactory.standardCelBuilder()
            .setOptions(CelOptions.current()
                    .enableHeterogeneousNumericComparisons(true)
                    .evaluateCanonicalTypesToNativeValues(false)
                    .build())
            .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
            .addVar("row", MapType.create(SimpleType.STRING, SimpleType.DYN))
            .addCompilerLibraries(CelExtensions.strings())
            .addRuntimeLibraries(CelExtensions.strings())
            .build();

    private static final CelValidator LITERALS = CelValidatorFactory.standardCelValidatorBuilder(CEL)
            .addAstValidators(
                    RegexLiteralValidator.INSTANCE,
                    TimestampLiteralValidator.INSTANCE,
                    DurationLiteralValidator.INSTANCE)
            .build();

    private final CelRuntime.Program program;
    private final MembershipColumns columns;

    private Membership(CelRuntime.Program program, MembershipColumns columns) {
        this.program = program;
        this.columns = columns;
    }

    /** @throws MappingException if the expression is not one that could be evaluated */
    static Membership compile(String mapping, String expression) {
        try {
            CelAbstractSyntaxTree ast = CEL.compile(expression).getAst();
            LITERALS.validate(ast).getAst();
            CelType type = ast.getResultType();
            if (!type.equals(SimpleType.BOOL) && !type.equals(SimpleType.DYN)) {
                throw new MappingException(
                        mapping,
                        "when",
                        "'%s' gives %s, not true or false; compare it with something"
                                .formatted(expression, type.name()));
            }
            return new Membership(CEL.createProgram(ast), MembershipColumns.of(mapping, ast));
        } catch (CelValidationException e) {
            throw new MappingException(mapping, "when", MembershipProblem.ofCompilation(expression, e));
        } catch (CelEvaluationException e) {
            throw new MappingException(mapping, "when", "'%s': %s".formatted(expression, e.getMessage()));
        }
    }

    /** The columns it reads. */
    Set<String> columns() {
        return columns.read();
    }

    /** Whether the row belongs in the index. */
    boolean test(Row row) throws Refusal {
        Map<String, Object> values = new HashMap<>();
        for (String column : columns.read()) {
            if (row.values().containsKey(column)) {
                values.put(column, value(row.get(column)));
            } else if (columns.required().contains(column)) {
                throw new Refusal(ColumnNames.missing(column, row.values().keySet()));
            }
        }
        Object answer;
        try {
            answer = program.eval(Map.of("row", values));
        } catch (CelEvaluationException e) {
            throw new Refusal(MembershipProblem.ofEvaluation(e, values));
        } catch (RuntimeException e) {
            // CEL's functions are not all careful with what they are given; one row's value must not end the daemon.
            throw new Refusal("failed with " + e.getClass().getSimpleName() + MembershipProblem.types(values));
        }
        if (answer instanceof Boolean yes) {
            return yes;
        }
        throw new Refusal(
                "gave " + MembershipProblem.type(answer) + ", not true or false" + MembershipProblem.types(values));
    }

    private static Object value(@Nullable Object value) {
        return switch (value) {
            case null -> NullValue.NULL_VALUE;
            case BigDecimal number -> number.doubleValue();
            case Instant time -> timestamp(time);
            case LocalDateTime time -> timestamp(time.toInstant(ZoneOffset.UTC));
            case byte[] bytes -> ByteString.copyFrom(bytes);
            case List<?> list -> {
                List<Object> values = new ArrayList<>(list.size());
                list.forEach(element -> values.add(value(element)));
                yield values;
            }
            case Map<?, ?> map -> {
                Map<String, Object> values = new HashMap<>();
                map.forEach((key, element) -> values.put(String.valueOf(key), value(element)));
                yield values;
            }
            case Boolean scalar -> scalar;
            case Long scalar -> scalar;
            case Double scalar -> scalar;
            default -> ValueText.of(value);
        };
    }

    private static Timestamp timestamp(Instant time) {
        return Timestamp.newBuilder()
                .setSeconds(time.getEpochSecond())
                .setNanos(time.getNano())
                .build();
    }
}
