/** Herald: one canonical customer, every provider. */
package io.herald;
