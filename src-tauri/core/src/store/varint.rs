//! Numbers of variable length: seven bits a byte, lowest first; signed ones in zig-zag.

use super::error::{Result, StoreError};

/// Appends `value`.
pub(super) fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a signed `value`; small magnitudes take few bytes.
pub(super) fn put_signed(out: &mut Vec<u8>, value: i64) {
    put(out, zigzag(value));
}

/// Folds the sign into the lowest bit.
pub(super) fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// The reverse of [`zigzag`].
pub(super) fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// Appends a text with its length before it.
pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    put(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Reads what the functions above wrote. Never reads past the end, never reserves more than there can be.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Cursor { rest: bytes }
    }

    /// Bytes not read yet.
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    pub(super) fn byte(&mut self) -> Result<u8> {
        let (first, rest) = self.rest.split_first().ok_or_else(cut)?;
        self.rest = rest;
        Ok(*first)
    }

    pub(super) fn number(&mut self) -> Result<u64> {
        let mut value = 0_u64;
        for (index, byte) in self.rest.iter().take(10).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                if index == 9 && *byte > 1 {
                    break;
                }
                self.rest = &self.rest[index + 1..];
                return Ok(value);
            }
        }
        Err(cut())
    }

    pub(super) fn signed(&mut self) -> Result<i64> {
        self.number().map(unzigzag)
    }

    /// A number that must fit `T`.
    pub(super) fn fit<T: TryFrom<u64>>(&mut self) -> Result<T> {
        T::try_from(self.number()?).map_err(|_| cut())
    }

    /// A signed number that must fit `i32`.
    pub(super) fn signed32(&mut self) -> Result<i32> {
        i32::try_from(self.signed()?).map_err(|_| cut())
    }

    pub(super) fn bytes(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(cut)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn text(&mut self) -> Result<&'a str> {
        let length = self.fit()?;
        std::str::from_utf8(self.bytes(length)?).map_err(|_| cut())
    }

    /// A count of items of at least `least` bytes each; more than can follow is damage.
    pub(super) fn count(&mut self, least: usize) -> Result<usize> {
        let count: usize = self.fit()?;
        if count.saturating_mul(least) > self.rest.len() {
            Err(cut())
        } else {
            Ok(count)
        }
    }
}

/// A packed value that ends early or holds what cannot be.
pub(super) fn cut() -> StoreError {
    StoreError::Corrupt("a packed row cannot be read".to_owned())
}
