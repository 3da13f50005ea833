package dev.freshet.config;

import static java.util.Objects.requireNonNull;

/**
 * A token that may search the documents of one tenant, and nothing else.
 *
 * @param token what requests carry
 * @param tenant whose documents it may find
 */
public record TenantToken(
        @Key("What requests carry, in the same form as `http.token`, and different from every other token.")
        Secret token,

        @Key("Whose documents it may find: the value of the mappings' `tenant` column.")
        String tenant) {

    public TenantToken {
        requireNonNull(token);
        requireNonNull(tenant);
    }
}
