package io.herald.file;

import com.jcraft.jsch.JSchException;
import com.jcraft.jsch.SftpException;
import io.herald.privacy.Thrown;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.util.Optional;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePropertyKey;
import org.apache.camel.component.file.GenericFile;
import org.apache.camel.component.file.remote.RemoteFilePollingConsumerPollStrategy;
import org.apache.camel.spi.ExceptionHandler;
import org.jboss.logging.Logger;

/** What is done when a partner's server does not do what it should: it is said, once for each reason, and asked again later. */
@Singleton
@Named("partnerCalls")
@RegisterForReflection
public final class PartnerCalls extends RemoteFilePollingConsumerPollStrategy implements ExceptionHandler {

    private static final Logger LOG = Logger.getLogger(PartnerCalls.class);

    private final InboxLock lock;
    private Optional<String> told = Optional.empty();

    public PartnerCalls(InboxLock lock) {
        this.lock = lock;
    }

    @Override
    public synchronized void commit(Consumer consumer, Endpoint endpoint, int polledMessages) {
        told.ifPresent(reason -> LOG.info("The partner's server can be asked for files again"));
        told = Optional.empty();
    }

    @Override
    public void handleException(Throwable thrown) {
        handleException(null, null, thrown);
    }

    @Override
    public void handleException(String message, Throwable thrown) {
        handleException(message, null, thrown);
    }

    /** @param exchange that of a file; none if the server cannot even be asked for its files */
    @Override
    public void handleException(String message, Exchange exchange, Throwable thrown) {
        GenericFile<?> file = exchange == null
                ? null
                : exchange.getProperty(ExchangePropertyKey.FILE_EXCHANGE_FILE, GenericFile.class);
        if (file == null) {
            cannotBeAsked(reason(thrown));
            return;
        }
        if (exchange.getProperty(PartnerFiles.FETCHED) == null) {
            lock.giveUp(file, reason(thrown));
        } else {
            exchange.setProperty(PartnerFiles.NOT_MOVED, true);
            lock.pause(file);
            LOG.warnf(
                    "File %s is fetched, but cannot be moved to done on the partner's server: %s",
                    new FileName(file.getFileNameOnly()).printable(), reason(thrown));
        }
    }

    private synchronized void cannotBeAsked(String reason) {
        if (!told.equals(Optional.of(reason))) {
            LOG.warnf("The partner's server cannot be asked for files now: %s", reason);
            told = Optional.of(reason);
        }
    }

    /** What the SSH client, the network or the server says; not the text of other exceptions. */
    private static String reason(Throwable thrown) {
        Throwable cause = thrown;
        while (cause.getCause() != null && !(cause instanceof JSchException) && !(cause instanceof SftpException)) {
            cause = cause.getCause();
        }
        boolean isSaid =
                cause instanceof JSchException || cause instanceof SftpException || cause instanceof IOException;
        return isSaid ? String.valueOf(cause.getMessage()).replaceAll("\\p{Cc}", "?") : Thrown.described(cause);
    }
}
