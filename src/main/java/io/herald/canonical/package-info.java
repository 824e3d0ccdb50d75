/** The canonical customer: how it is read, normalised and checked. */
package io.herald.canonical;
