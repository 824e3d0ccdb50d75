/** What Herald tells of itself in numbers; see docs/metrics.md. */
package io.herald.metrics;
