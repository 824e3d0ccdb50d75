/** The way of a message as OpenTelemetry shows it; see docs/traces.md. */
package io.herald.trace;
