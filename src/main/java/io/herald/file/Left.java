package io.herald.file;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jboss.logging.Logger;

/** Says once of each file that is not taken why it stays where it is. */
final class Left {

    private static final int TOLD_AT_MOST = 1000;
    private static final Logger LOG = Logger.getLogger(Left.class);

    private final String where;
    private final Set<String> told = Collections.newSetFromMap(new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > TOLD_AT_MOST;
        }
    });

    /** @param where it stays */
    Left(String where) {
        this.where = where;
    }

    void tell(FileName name, String why) {
        if (told.add(name.name())) {
            LOG.warnf("%s stays %s: %s", name.printable(), where, why);
        }
    }
}
