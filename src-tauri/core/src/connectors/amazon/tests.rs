//! Tests of the reader by itself.
