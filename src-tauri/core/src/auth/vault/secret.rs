//! Text that must not be seen.

use std::fmt;

use zeroize::Zeroizing;

/// A token, client secret or passphrase. Prints dots, is wiped when dropped, compares in full length.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over; the caller's copy is gone.
    pub fn new(text: String) -> Self {
        Secret(Zeroizing::new(text))
    }

    /// The text itself. Whoever calls this sends or seals it and keeps no copy.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Secret::new(text.to_owned())
    }
}

impl PartialEq for Secret {
    /// Takes the same time wherever the texts differ; only their length shows.
    fn eq(&self, other: &Self) -> bool {
        let (mine, theirs) = (self.0.as_bytes(), other.0.as_bytes());
        mine.len() == theirs.len() && mine.iter().zip(theirs).fold(0, |diff, (a, b)| diff | (a ^ b)) == 0
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("•••")
    }
}
