//! A profile's key.

use std::fmt;

use ring::rand::{SecureRandom, SystemRandom};
use ring::{hkdf, hmac};
use zeroize::{Zeroize, Zeroizing};

/// The random 256-bit key of a profile. Everything else of the profile is encrypted under it or under a key derived from it.
/// Prints dots and is wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

/// Length of a derived key, for ring's HKDF.
struct Length32;

impl hkdf::KeyType for Length32 {
    fn len(&self) -> usize {
        32
    }
}

impl Key {
    /// A new key from the system's random source.
    ///
    /// # Errors
    /// The system has no random numbers to give.
    pub fn generate() -> Result<Self, ring::error::Unspecified> {
        let mut bytes = [0; 32];
        SystemRandom::new().fill(&mut bytes)?;
        Ok(Key(bytes))
    }

    /// The key with these bytes, as kept by a keyring or unwrapped from a file.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Key(bytes)
    }

    /// The bytes, for whoever keeps or wraps the key.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// A key for one purpose (HKDF-SHA-256). Purposes with different names have unrelated keys.
    ///
    /// # Errors
    /// None in practice: HKDF refuses only outputs beyond 255 blocks, and this is one.
    pub fn derive(&self, purpose: &str) -> Result<Key, ring::error::Unspecified> {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"countinghouse");
        let mut key = Key([0; 32]);
        salt.extract(&self.0)
            .expand(&[purpose.as_bytes()], Length32)?
            .fill(&mut key.0)?;
        Ok(key)
    }

    /// Sixteen bytes that tell files of this key from files of another, without telling the key.
    pub fn mark(&self) -> [u8; 16] {
        let tag = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, &self.0),
            b"countinghouse ledger file",
        );
        let mut mark = [0; 16];
        mark.copy_from_slice(&tag.as_ref()[..16]);
        mark
    }

    /// The key as hexadecimal text, wiped after use.
    pub fn hex(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(64));
        for byte in self.0 {
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
            }
        }
        text
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(•••)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_keys_differ_by_purpose_and_by_key() {
        let (one, two) = (Key::from_bytes([1; 32]), Key::from_bytes([2; 32]));
        assert_ne!(
            one.derive("vault"),
            one.derive("spool"),
            "two purposes must not share a key"
        );
        assert_ne!(
            one.derive("vault"),
            two.derive("vault"),
            "two profiles must not share a key"
        );
        assert_eq!(one.derive("vault"), one.derive("vault"), "deriving is repeatable");
        assert_ne!(one.mark(), two.mark(), "the file mark tells keys apart");
        assert_eq!(one.hex().as_str(), "01".repeat(32), "hexadecimal, two digits a byte");
    }

    #[test]
    fn a_key_never_prints_its_bytes() {
        assert_eq!(
            format!("{:?}", Key::from_bytes([0xAB; 32])),
            "Key(•••)",
            "debug output shows dots"
        );
    }
}
