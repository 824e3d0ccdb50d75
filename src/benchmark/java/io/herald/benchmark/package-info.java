/**
 * How fast Herald is beside what else one would use: {@code docs/performance.md}. It is no test and no part of the program: the
 * Maven profile {@code benchmark} compiles and runs it.
 */
package io.herald.benchmark;
