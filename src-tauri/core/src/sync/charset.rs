//! The charset of a downloaded text, and its packing.

use std::io::Write as _;

use encoding_rs::{Encoding, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE};
use flate2::write::MultiGzDecoder;

use super::spool::SpoolError;

/// The mark that some programs put before UTF-8.
pub(super) const MARK: &[u8] = b"\xef\xbb\xbf";
/// Begins a packed file.
const PACKED: [u8; 2] = [0x1f, 0x8b];
/// Packed bytes that are unpacked at once: a thousand times as many may come out.
const BITE: usize = 8 << 10;
/// Most bytes that a file may unpack to.
const MOST: u64 = 8 << 30;

/// Unpacks a file that is packed (gzip), by its first bytes: what an answer says of its packing is as often wrong as right.
pub(super) enum Unpacked {
    /// The first bytes have not all come.
    Beginning(Vec<u8>),
    /// It is not packed.
    Plain,
    /// It is.
    Packed {
        /// Takes packed bytes and holds plain ones.
        unpacker: Box<MultiGzDecoder<Vec<u8>>>,
        /// Plain bytes so far.
        size: u64,
    },
}

impl Unpacked {
    pub(super) fn new() -> Self {
        Unpacked::Beginning(Vec::new())
    }

    /// Takes the next bytes and hands plain ones on.
    pub(super) fn take(
        &mut self,
        bytes: &[u8],
        mut plain: impl FnMut(&[u8]) -> Result<(), SpoolError>,
    ) -> Result<(), SpoolError> {
        match self {
            Unpacked::Plain => plain(bytes),
            Unpacked::Beginning(begun) => {
                begun.extend_from_slice(bytes);
                if begun.len() < PACKED.len() {
                    return Ok(());
                }
                let begun = std::mem::take(begun);
                *self = match begun.starts_with(&PACKED) {
                    true => Unpacked::Packed {
                        unpacker: Box::new(MultiGzDecoder::new(Vec::new())),
                        size: 0,
                    },
                    false => Unpacked::Plain,
                };
                self.take(&begun, plain)
            }
            Unpacked::Packed { unpacker, size } => {
                for bite in bytes.chunks(BITE) {
                    unpacker.write_all(bite).map_err(|_| broken())?;
                    hand_on(unpacker.get_mut(), size, &mut plain)?;
                }
                Ok(())
            }
        }
    }

    /// The end of the file: hands on what is left.
    pub(super) fn finish(self, mut plain: impl FnMut(&[u8]) -> Result<(), SpoolError>) -> Result<(), SpoolError> {
        match self {
            Unpacked::Plain => Ok(()),
            Unpacked::Beginning(begun) => plain(&begun),
            Unpacked::Packed { mut unpacker, mut size } => {
                unpacker.try_finish().map_err(|_| broken())?;
                hand_on(unpacker.get_mut(), &mut size, &mut plain)
            }
        }
    }
}

fn hand_on(
    held: &mut Vec<u8>,
    size: &mut u64,
    plain: &mut impl FnMut(&[u8]) -> Result<(), SpoolError>,
) -> Result<(), SpoolError> {
    *size += held.len() as u64;
    if *size > MOST {
        return Err(SpoolError::Unusable("it unpacks to more than any report holds".into()));
    }
    plain(held)?;
    held.clear();
    Ok(())
}

fn broken() -> SpoolError {
    SpoolError::Unusable("it is packed, and cannot be unpacked".into())
}

/// The charset that a `Content-Type` names; `None` where it names none that is known.
pub(super) fn declared(content_type: &str) -> Option<&'static Encoding> {
    let of = |part: &str| {
        let (name, value) = part.split_once('=')?;
        let is = name.trim().eq_ignore_ascii_case("charset");
        is.then(|| value.trim().trim_matches('"').to_owned())
    };
    let label = content_type.split(';').skip(1).find_map(of)?;
    match label.to_ascii_lowercase().as_str() {
        "cp932" | "ms932" | "windows-31j" => Some(SHIFT_JIS),
        other => Encoding::for_label(other.as_bytes()),
    }
}

/// What the bytes of a file are, by what its answer says, what they look like, and what such files usually are.
pub(super) fn charset(
    declared: Option<&'static Encoding>,
    is_utf8: bool,
    otherwise: &str,
) -> Result<&'static Encoding, SpoolError> {
    match declared {
        // Cut at its line ends it would fall apart.
        Some(wide) if wide == UTF_16LE || wide == UTF_16BE => {
            Err(SpoolError::Unusable("it is written in UTF-16".into()))
        }
        Some(named) if named != UTF_8 => Ok(named),
        _ if is_utf8 => Ok(UTF_8),
        _ => Encoding::for_label(otherwise.as_bytes())
            .ok_or_else(|| SpoolError::Unusable("its charset is not known".into())),
    }
}
