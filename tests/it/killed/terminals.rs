//! Two terminals: placeholder
