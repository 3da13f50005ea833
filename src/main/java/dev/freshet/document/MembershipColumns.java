package dev.freshet.document;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import dev.cel.common.navigation.CelNavigableAst;
import dev.cel.common.navigation.CelNavigableExpr;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The columns that an expression reads.
 *
 * @param read all of them
 * @param required those a row must have: the ones that the expression does not test with {@code has}
 */
record MembershipColumns(Set<String> read, Set<String> required) {

    MembershipColumns {
        read = Collections.unmodifiableSet(new TreeSet<>(read));
        required = Collections.unmodifiableSet(new TreeSet<>(required));
    }

    /**
     * Finds every {@code row.column} and {@code row['column']}.
     *
     * @throws MappingException if the row is used in any other way: which columns are read would depend on the row
     */
    static MembershipColumns of(String mapping, CelAbstractSyntaxTree ast) {
        Set<String> read = new TreeSet<>();
        Set<String> tested = new TreeSet<>();
        CelNavigableAst.fromAst(ast).getRoot().allNodes().forEach(node -> {
            if (node.getKind() == Kind.COMPREHENSION
                    && node.expr().comprehension().iterVar().equals("row")) {
                throw new MappingException(mapping, "when", "'row' is the row; give the element another name");
            }
            if (node.getKind() == Kind.IDENT && node.expr().ident().name().equals("row")) {
                CelExpr user = node.parent().map(CelNavigableExpr::expr).orElse(node.expr());
                String column = column(user, node.id())
                        .orElseThrow(() -> new MappingException(
                                mapping,
                                "when",
                                "the row is used as a whole; write row.column or row['column'], and has(row.column) to"
                                        + " test whether there is such a column"));
                read.add(column);
                if (user.getKind() == Kind.SELECT && user.select().testOnly()) {
                    tested.add(column);
                }
            }
        });
        Set<String> required = new TreeSet<>(read);
        required.removeAll(tested);
        return new MembershipColumns(read, required);
    }

    private static Optional<String> column(CelExpr user, long row) {
        if (user.getKind() == Kind.SELECT) {
            return Optional.of(user.select().field());
        }
        if (user.getKind() == Kind.CALL
                && user.call().function().equals("_[_]")
                && user.call().args().getFirst().id() == row) {
            CelExpr index = user.call().args().getLast();
            if (index.getKind() == Kind.CONSTANT && index.constant().getKind() == CelConstant.Kind.STRING_VALUE) {
                return Optional.of(index.constant().stringValue());
            }
        }
        return Optional.empty();
    }
}
