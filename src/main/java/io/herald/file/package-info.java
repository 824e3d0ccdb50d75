/**
 * Dropped files: from the inbox into the ledger, record by record, and at the end a report. Begin with
 * {@code routes/file.camel.yaml} and {@code docs/files.md}.
 *
 * <p>{@link InboxFilter} and {@link InboxLock} decide which file is taken, and by which program. {@link DroppedFiles} opens
 * it as a {@link Batch}: {@link Content} reads its bytes, {@link Frames} finds its records, {@link CsvColumns} makes a row
 * into a customer. {@link Records} checks each {@link BatchRecord} and keeps it. {@link Departure} then moves the file out
 * of the inbox, and {@link FileReports} writes the report. {@link Partner}, and what begins with that word, fetches files
 * from an SFTP server.
 *
 * <p>Of the threads {@code file-}, one reads the next record while the others check those before it; into the ledger they go
 * in the order of the file. {@code reports-} writes reports, {@code file-retention-} deletes old files.
 */
package io.herald.file;
