package dev.freshet.index.qdrant;

import io.qdrant.client.grpc.JsonWithInt.ListValue;
import io.qdrant.client.grpc.JsonWithInt.NullValue;
import io.qdrant.client.grpc.JsonWithInt.Struct;
import io.qdrant.client.grpc.JsonWithInt.Value;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** JSON values as Qdrant's; decimals become doubles, as its payload has no others. */
final class Values {

    private Values() {}

    static Value of(@Nullable Object value) {
        var result = Value.newBuilder();
        switch (value) {
            case null -> result.setNullValue(NullValue.NULL_VALUE);
            case Boolean flag -> result.setBoolValue(flag);
            case Number number -> {
                if (isInteger(number)) {
                    result.setIntegerValue(number.longValue());
                } else {
                    result.setDoubleValue(number.doubleValue());
                }
            }
            case List<?> list -> {
                var elements = ListValue.newBuilder();
                list.forEach(element -> elements.addValues(of(element)));
                result.setListValue(elements);
            }
            case Map<?, ?> map -> {
                var fields = Struct.newBuilder();
                map.forEach((name, element) -> fields.putFields((String) name, of(element)));
                result.setStructValue(fields);
            }
            default -> result.setStringValue(value.toString());
        }
        return result.build();
    }

    /** Whether a number is kept as an integer. */
    static boolean isInteger(Number number) {
        return switch (number) {
            case Double ignored -> false;
            case Float ignored -> false;
            case BigDecimal ignored -> false;
            case BigInteger big -> big.bitLength() < Long.SIZE;
            default -> true;
        };
    }
}
