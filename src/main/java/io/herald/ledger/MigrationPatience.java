package io.herald.ledger;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.callback.Callback;
import org.flywaydb.core.api.callback.Context;
import org.flywaydb.core.api.callback.Event;

/**
 * How patient a migration of PostgreSQL is. For what others have in hand, such as a backup, it waits for a moment only: behind
 * one that waits for a table all others queue up, the replicas that run among them. What it does itself takes as long as it
 * needs, whatever the pool's connections are allowed.
 */
public final class MigrationPatience implements Callback {

    private int socketTimeoutMillis;

    @Override
    public boolean supports(Event event, Context context) {
        return event == Event.BEFORE_EACH_MIGRATE || event == Event.AFTER_EACH_MIGRATE;
    }

    @Override
    public boolean canHandleInTransaction(Event event, Context context) {
        return true;
    }

    @Override
    public void handle(Event event, Context context) {
        Connection connection = context.getConnection();
        try {
            if (event == Event.BEFORE_EACH_MIGRATE) {
                socketTimeoutMillis = connection.getNetworkTimeout();
                connection.setNetworkTimeout(Runnable::run, 0);
                try (Statement statement = connection.createStatement()) {
                    statement.execute("set local lock_timeout = '3s'");
                }
            } else {
                connection.setNetworkTimeout(Runnable::run, socketTimeoutMillis);
            }
        } catch (SQLException e) {
            throw new FlywayException("the patience of a migration cannot be set", e);
        }
    }

    @Override
    public String getCallbackName() {
        return "migration patience";
    }
}
