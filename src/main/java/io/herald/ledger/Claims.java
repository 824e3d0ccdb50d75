package io.herald.ledger;

import static io.herald.ledger.Database.execute;

import jakarta.inject.Singleton;

/** What only one of the programs that share the ledger may do at a time, such as to read a file of a folder. */
@Singleton
public final class Claims {

    private final Database database;
    private final String me;

    Claims(Database database, Replica replica) {
        this.database = database;
        this.me = replica.id();
    }

    /**
     * Claims something that only one program at a time may do. What this program has claimed already it may claim again.
     *
     * @return whether this program has it now; if not, another one has
     */
    public boolean take(String name) {
        return database.write(connection -> execute(
                        connection,
                        "insert into claim (name, owner) values (?, ?) on conflict (name)"
                                + " do update set owner = excluded.owner where claim.owner = excluded.owner",
                        name,
                        me)
                > 0);
    }

    /** Gives up what {@link #take} took. */
    public void release(String name) {
        database.write(connection -> execute(connection, "delete from claim where name = ? and owner = ?", name, me));
    }
}
