package io.herald.file;

import com.github.f4b6a3.uuid.UuidCreator;
import com.github.f4b6a3.uuid.enums.UuidNamespace;
import io.herald.canonical.CanonicalCustomer;
import io.herald.ledger.DroppedFile;
import io.herald.schema.Fault;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** One record of a dropped file, on its way into the ledger. */
@RegisterForReflection
public final class BatchRecord {

    private final Batch batch;
    private final DroppedFile.Place place;
    private final Frame frame;
    private final UUID message;
    private final HandOver before;
    private final HandOver mine;
    private final Runnable whenDone;

    private CanonicalCustomer customer;
    private boolean readable = true;
    private boolean inDoubt;
    private Optional<String> reference = Optional.empty();
    private List<Fault> faults = List.of();

    BatchRecord(Batch batch, DroppedFile.Place place, Frame frame, HandOver before, HandOver mine, Runnable whenDone) {
        this.batch = batch;
        this.place = place;
        this.frame = frame;
        this.message = message(batch.file(), place.position());
        this.before = before;
        this.mine = mine;
        this.whenDone = whenDone;
    }

    Batch batch() {
        return batch;
    }

    DroppedFile.Place place() {
        return place;
    }

    Frame frame() {
        return frame;
    }

    /**
     * The id of the message that it becomes, if it is accepted: the same for the same record of the same content, unless it was
     * asked to be sent again.
     */
    UUID message() {
        return message;
    }

    private static UUID message(DroppedFile file, long position) {
        String record = "urn:sha256:" + file.digest() + "#" + position;
        return UuidCreator.getNameBasedSha1(
                UuidNamespace.NAMESPACE_URL, file.run() == 0 ? record : record + "/" + file.run());
    }

    void readAs(CanonicalCustomer read) {
        customer = read;
    }

    void refuse(Optional<String> customersReference, List<Fault> all) {
        reference = customersReference;
        faults = all;
    }

    /** Not even a reference can be told. */
    void refuseUnread(String fault) {
        readable = false;
        faults = List.of(new Fault("", fault));
    }

    boolean isReadable() {
        return readable;
    }

    Optional<CanonicalCustomer> customer() {
        return Optional.ofNullable(customer);
    }

    Optional<String> reference() {
        return reference;
    }

    List<Fault> faults() {
        return faults;
    }

    /** It is not kept, or nobody was told: what comes behind waits until the ledger was given it again. */
    void putInDoubt() {
        inDoubt = true;
        mine.takeBack();
    }

    boolean isInDoubt() {
        return inDoubt;
    }

    /** Waits until the ledger was given the record before this one. */
    void awaitTurn() {
        before.await();
    }

    /** It is the next one's turn. */
    void handedOver() {
        mine.give();
    }

    /** Nothing in memory needs it any more. */
    void done() {
        handedOver();
        whenDone.run();
    }
}
