/**
 * How Herald starts and stops. Begin with {@link HeraldRoutes}, which Camel calls at the start: it asks {@link Preflight}
 * for the checked route files, loads them, and gives each provider its lanes, its HTTP client and its routes from the
 * templates.
 *
 * <p>{@link Preflight} checks all that an integration team edits, and reports all mistakes at once: {@link PropertyBounds},
 * {@link PropertyPairs} and {@link PropertyNames} check settings, {@link RouteFiles}, {@link RouteCheck}, {@link ProviderFile}
 * and {@link RouteNames} route files, {@code io.herald.mapping} templates and schemas. {@link Beans} has the names that a
 * route file may refer to, {@link Bundle} finds the files. When all is right, {@link MovedProviders} compares the providers'
 * URLs with those in the ledger.
 *
 * <p>{@link Drain} stops Herald: nothing new is taken, what is in hand has some time to end, the rest goes back to the
 * ledger.
 */
package io.herald.start;
