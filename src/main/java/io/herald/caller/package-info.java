/** Who calls, whether it may, and how often. */
package io.herald.caller;
