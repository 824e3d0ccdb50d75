/**
 * The mappings between the canonical customer and each provider: JSLT templates and a JSON Schema per provider folder,
 * compiled once at start. What the files are and how to change one stands in {@code mappings/README.md}.
 */
package io.herald.mapping;
