/** JSON Schema checks whose faults name the field and never echo its value. */
package io.herald.schema;
