//! A downloaded file on its way into the ledger: on disk, sealed with a key that exists only in memory, read group by group.
//!
//! Why a file and not the ledger's own staging table: lines would be written twice through the cipher of the ledger, once for
//! the staging and once for good, and that is half of the speed of a first load. A file that is left behind by a crash is
//! noise that nobody can read; the next run removes it and downloads the file again, which the platform keeps for days.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use encoding_rs::{Encoding, UTF_8};

use super::charset::{MARK, Unpacked, charset};
use super::framing::{Framer, LONGEST_LINE, Place, Unframed};
use crate::connectors::fetch::{Framing, Mishap};
use crate::net::entropy::Entropy;
use crate::net::{Code, NetError};

/// Plain bytes of a sealed piece.
const PIECE: usize = 64 << 10;
/// Bytes that sealing adds.
const SEAL: usize = 16;
/// Most groups and bytes of a batch.
const BATCH_GROUPS: usize = 2_000;
const BATCH_BYTES: usize = 8 << 20;
/// Ending of spool files' names.
const ENDING: &str = "spool";

/// Why a file cannot be taken in.
#[derive(Debug)]
pub(super) enum SpoolError {
    /// The disk does not take or give it.
    Disk(io::Error),
    /// It is not what was announced.
    Unusable(String),
}

impl From<io::Error> for SpoolError {
    fn from(error: io::Error) -> Self {
        SpoolError::Disk(error)
    }
}

impl From<Unframed> for SpoolError {
    fn from(error: Unframed) -> Self {
        SpoolError::Unusable(error.0)
    }
}

#[derive(Clone, Copy, Debug)]
struct Line {
    at: u64,
    length: u32,
    group: u32,
    first: bool,
}

/// A file that is coming in.
pub(super) struct Incoming {
    sealed: Sealed,
    framing: Framing,
    framer: Framer,
    unpacked: Unpacked,
    lines: Vec<Line>,
    /// Lines that stand before every group.
    shared: Vec<Line>,
    /// The charset that the answer named.
    declared: Option<&'static Encoding>,
    /// Every line so far is UTF-8.
    is_utf8: bool,
    /// Plain bytes not sealed yet.
    piece: Vec<u8>,
    /// The line that has begun.
    line: Vec<u8>,
    /// Bytes that came, packed or not.
    pub(super) bytes: u64,
    /// Plain bytes in the file: the lines without their ends.
    stored: u64,
}

/// A whole file, ready to be read.
pub(super) struct Spool {
    sealed: Sealed,
    lines: Vec<Line>,
    shared: Vec<Line>,
    charset: &'static Encoding,
    /// Where each group's lines begin in `lines`, and the end.
    starts: Vec<usize>,
    /// Name its download gave it.
    pub(super) name: String,
}

/// Some groups of a file.
pub(super) struct Groups {
    pub(super) groups: Vec<Vec<u8>>,
    pub(super) last: bool,
}

struct Sealed {
    path: PathBuf,
    file: File,
    key: LessSafeKey,
    pieces: u32,
}

impl Drop for Sealed {
    fn drop(&mut self) {
        // A file that cannot be removed now is removed by the next run; it is unreadable either way.
        let _ = fs::remove_file(&self.path);
    }
}

/// Removes what crashed runs left in `folder`, where no other process is at work on it.
pub(super) fn sweep(folder: &Path, prefix: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let ours = path.extension().is_some_and(|ending| ending == ENDING)
            && path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(prefix));
        if ours {
            let _ = fs::remove_file(path);
        }
    }
}

impl Incoming {
    /// A new file in `folder`, whose name begins with `prefix`.
    pub(super) fn create(
        folder: &Path,
        prefix: &str,
        framing: Framing,
        declared: Option<&'static Encoding>,
        entropy: &dyn Entropy,
    ) -> Result<Self, SpoolError> {
        let no_entropy = |_| SpoolError::Disk(io::Error::other("the system has no random numbers"));
        let (mut key, mut name) = ([0; 32], [0; 8]);
        entropy.fill(&mut key).map_err(no_entropy)?;
        entropy.fill(&mut name).map_err(no_entropy)?;
        let name: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
        fs::create_dir_all(folder)?;
        let path = folder.join(format!("{prefix}-{name}.{ENDING}"));
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
        let key = UnboundKey::new(&AES_256_GCM, &key).map_err(|_| SpoolError::Disk(io::Error::other("no key")))?;
        Ok(Incoming {
            sealed: Sealed {
                path,
                file,
                key: LessSafeKey::new(key),
                pieces: 0,
            },
            framing,
            framer: Framer::new(framing),
            unpacked: Unpacked::new(),
            lines: Vec::new(),
            shared: Vec::new(),
            declared,
            is_utf8: true,
            piece: Vec::with_capacity(PIECE),
            line: Vec::new(),
            bytes: 0,
            stored: 0,
        })
    }

    /// Takes the next bytes of the file.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(), SpoolError> {
        self.bytes += bytes.len() as u64;
        let mut unpacked = std::mem::replace(&mut self.unpacked, Unpacked::Plain);
        let taken = unpacked.take(bytes, |plain| self.cut(plain));
        self.unpacked = unpacked;
        taken
    }

    /// Cuts plain bytes into lines.
    fn cut(&mut self, mut bytes: &[u8]) -> Result<(), SpoolError> {
        if let Framing::Whole { most } = self.framing {
            self.line.extend_from_slice(bytes);
            return match self.line.len() > most {
                true => Err(SpoolError::Unusable(format!("it has more than {most} bytes"))),
                false => Ok(()),
            };
        }
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.line.extend_from_slice(&bytes[..end]);
            bytes = &bytes[end + 1..];
            self.end_line()?;
        }
        self.line.extend_from_slice(bytes);
        if self.line.len() > LONGEST_LINE {
            return Err(SpoolError::Unusable(format!(
                "line {} has no end",
                self.lines.len() + 1
            )));
        }
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), SpoolError> {
        let line = std::mem::take(&mut self.line);
        let begins = self.lines.is_empty() && self.shared.is_empty();
        let text = line.strip_prefix(MARK).filter(|_| begins).unwrap_or(&line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if text.is_empty() {
            return Ok(());
        }
        self.is_utf8 = self.is_utf8 && std::str::from_utf8(text).is_ok();
        let (declared, is_utf8, otherwise) = (self.declared, self.is_utf8, self.otherwise());
        let written_in = || charset(declared, is_utf8, otherwise);
        let place = self.framer.place(self.lines.len(), text, written_in)?;
        let (group, first) = match place {
            Place::First(group) => (group, true),
            Place::Further(group) => (group, false),
            Place::Waiting | Place::Shared => (u32::MAX, false),
        };
        let length = u32::try_from(text.len()).map_err(|_| SpoolError::Unusable("a line is too long".into()))?;
        let whole = Line {
            at: self.stored,
            length,
            group,
            first,
        };
        match place {
            Place::Shared => self.shared.push(whole),
            _ => self.lines.push(whole),
        }
        self.stored += u64::from(length);
        let mut rest = text;
        while !rest.is_empty() {
            let room = PIECE - self.piece.len();
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.piece.extend_from_slice(now);
            rest = later;
            if self.piece.len() == PIECE {
                self.sealed.append(&mut self.piece)?;
            }
        }
        self.line = line;
        self.line.clear();
        Ok(())
    }

    /// The charset of a table that names none.
    fn otherwise(&self) -> &'static str {
        match self.framing {
            Framing::Table { otherwise, .. } => otherwise,
            Framing::JsonLines { .. } | Framing::Whole { .. } => "utf-8",
        }
    }

    /// The whole file, if it has the announced number of lines and bytes and every line has its parent.
    pub(super) fn finish(mut self, name: String, lines: Option<u64>, bytes: Option<u64>) -> Result<Spool, SpoolError> {
        let unpacked = std::mem::replace(&mut self.unpacked, Unpacked::Plain);
        unpacked.finish(|plain| self.cut(plain))?;
        if !self.line.is_empty() {
            self.end_line()?;
        }
        // The bytes of other forms are handed on as they are.
        let charset = match self.framing {
            Framing::Table { otherwise, .. } => charset(self.declared, self.is_utf8, otherwise)?,
            Framing::JsonLines { .. } | Framing::Whole { .. } => UTF_8,
        };
        let came = self.lines.len() as u64;
        if let Some(announced) = lines.filter(|announced| *announced != came) {
            return Err(SpoolError::Unusable(format!(
                "it has {came} lines instead of {announced}"
            )));
        }
        if let Some(announced) = bytes.filter(|announced| *announced > self.bytes) {
            return Err(SpoolError::Unusable(format!(
                "it has {} bytes instead of {announced}",
                self.bytes
            )));
        }
        if !self.piece.is_empty() {
            self.sealed.append(&mut self.piece)?;
        }
        let (found, groups) = self.framer.settle()?;
        for (number, group) in found {
            if let Some(line) = self.lines.get_mut(number) {
                line.group = group;
            }
        }
        // Each group's first line stands first, the others in file order.
        self.lines.sort_by_key(|line| (line.group, !line.first, line.at));
        let mut starts = Vec::with_capacity(groups as usize + 1);
        for (number, line) in self.lines.iter().enumerate() {
            if line.first {
                starts.push(number);
            }
        }
        // What stands before every group is one by itself where there is no other, if it is more than the header.
        if starts.is_empty() && self.shared.len() > 1 {
            starts.push(0);
        }
        starts.push(self.lines.len());
        Ok(Spool {
            sealed: self.sealed,
            lines: self.lines,
            shared: self.shared,
            charset,
            starts,
            name,
        })
    }
}

/// The disk's refusal ends the run; an unusable file is the platform's mishap.
pub(super) fn unspooled<T>(error: SpoolError) -> Result<Result<T, Mishap>, NetError> {
    match error {
        SpoolError::Unusable(why) => Ok(Err(Mishap::NotAsAnnounced(why))),
        SpoolError::Disk(error) if error.kind() == std::io::ErrorKind::StorageFull => Err(NetError::connection(
            Code::DiskFull,
            "The disk is full; a downloaded file does not fit.",
            "Free some space and sync again. What was stored before stays.",
        )),
        SpoolError::Disk(error) => Err(NetError::connection(
            Code::Internal,
            format!("A downloaded file cannot be kept: {error}."),
            "Check the profile's folder and sync again. What was stored before stays.",
        )),
    }
}

impl Spool {
    /// How many groups there are.
    pub(super) fn groups(&self) -> u64 {
        (self.starts.len() - 1) as u64
    }

    /// The next groups from number `from` on, as many as make a batch.
    pub(super) fn batch(&mut self, from: u64) -> Result<Groups, SpoolError> {
        let first = usize::try_from(from).unwrap_or(usize::MAX).min(self.starts.len() - 1);
        let mut until = first;
        let mut size = 0;
        let mut open: Option<(u32, Vec<u8>)> = None;
        let mut head = Vec::with_capacity(self.shared.len());
        for line in &self.shared {
            head.push(self.sealed.read(*line, &mut open)?);
        }
        while until + 1 < self.starts.len() && until - first < BATCH_GROUPS && size < BATCH_BYTES {
            let lines = &self.lines[self.starts[until]..self.starts[until + 1]];
            let shared = self.shared.iter().chain(lines).map(|line| line.length as usize);
            size += shared.sum::<usize>();
            until += 1;
        }
        // In the order of the file, so that each piece is opened once, wherever the lines of a group stand.
        let wanted = self.starts[first]..self.starts[until];
        let mut order: Vec<usize> = wanted.clone().collect();
        order.sort_by_key(|number| self.lines[*number].at);
        let mut texts: BTreeMap<usize, Vec<u8>> = BTreeMap::new();
        for number in order {
            texts.insert(number, self.sealed.read(self.lines[number], &mut open)?);
        }
        let groups = (first..until)
            .map(|group| {
                let lines = self.starts[group]..self.starts[group + 1];
                let lines = lines.filter_map(|number| texts.remove(&number));
                let text = head.iter().cloned().chain(lines).collect::<Vec<_>>().join(&b'\n');
                match self.charset == UTF_8 {
                    true => text,
                    false => self
                        .charset
                        .decode_without_bom_handling(&text)
                        .0
                        .into_owned()
                        .into_bytes(),
                }
            })
            .collect();
        Ok(Groups {
            groups,
            last: until + 1 == self.starts.len(),
        })
    }
}

impl Sealed {
    fn nonce(piece: u32) -> Nonce {
        let mut bytes = [0; 12];
        bytes[..4].copy_from_slice(&piece.to_le_bytes());
        Nonce::assume_unique_for_key(bytes)
    }

    /// Seals a piece and writes it; `piece` is empty afterwards.
    fn append(&mut self, piece: &mut Vec<u8>) -> Result<(), SpoolError> {
        let number = self.pieces;
        self.pieces = number
            .checked_add(1)
            .ok_or_else(|| SpoolError::Unusable("it is too long".into()))?;
        self.key
            .seal_in_place_append_tag(Self::nonce(number), Aad::empty(), piece)
            .map_err(|_| SpoolError::Disk(io::Error::other("a piece cannot be sealed")))?;
        self.file.write_all(piece)?;
        piece.clear();
        Ok(())
    }

    fn read(&mut self, line: Line, open: &mut Option<(u32, Vec<u8>)>) -> Result<Vec<u8>, SpoolError> {
        let mut text = Vec::with_capacity(line.length as usize);
        let mut at = line.at;
        while text.len() < line.length as usize {
            let piece = u32::try_from(at / PIECE as u64).map_err(|_| SpoolError::Unusable("it is too long".into()))?;
            if open.as_ref().is_none_or(|(number, _)| *number != piece) {
                *open = Some((piece, self.unseal(piece)?));
            }
            let plain = open.as_ref().map_or(&[][..], |(_, plain)| plain);
            let start = (at % PIECE as u64) as usize;
            let take = (line.length as usize - text.len()).min(plain.len().saturating_sub(start));
            if take == 0 {
                return Err(SpoolError::Disk(io::Error::from(io::ErrorKind::UnexpectedEof)));
            }
            text.extend_from_slice(&plain[start..start + take]);
            at += take as u64;
        }
        Ok(text)
    }

    fn unseal(&mut self, piece: u32) -> Result<Vec<u8>, SpoolError> {
        self.file
            .seek(SeekFrom::Start(u64::from(piece) * (PIECE + SEAL) as u64))?;
        let mut sealed = Vec::with_capacity(PIECE + SEAL);
        (&self.file).take((PIECE + SEAL) as u64).read_to_end(&mut sealed)?;
        let plain = self
            .key
            .open_in_place(Self::nonce(piece), Aad::empty(), &mut sealed)
            .map_err(|_| {
                SpoolError::Disk(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "the file was changed on disk",
                ))
            })?
            .len();
        sealed.truncate(plain);
        Ok(sealed)
    }
}

#[cfg(test)]
#[path = "spool_tests.rs"]
mod tests;
