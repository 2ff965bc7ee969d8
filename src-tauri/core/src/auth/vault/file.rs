//! Small files that are replaced whole or not at all, and sealed bytes.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::{Key, VaultError};
use crate::store::Checkpoint;

/// A file is written beside the one it replaces, and not in its place yet.
pub const UNRENAMED: &str = "file written, not in place";

/// Seals `plain` under `key`; `about` is bound to it but not hidden. The nonce is random and comes first: a profile seals some
/// thousand times in its life, far from the 2^32 at which random nonces of 96 bits could meet.
pub(super) fn seal(key: &Key, about: &[u8], plain: &[u8]) -> Result<Vec<u8>, VaultError> {
    let mut nonce = [0; NONCE_LEN];
    SystemRandom::new().fill(&mut nonce)?;
    let cipher = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key.expose())?);
    // Encrypted in place; the buffer never grows, so no copy of the plain text stays behind.
    let mut sealed = Vec::with_capacity(NONCE_LEN + plain.len() + CHACHA20_POLY1305.tag_len());
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plain);
    let tag = cipher.seal_in_place_separate_tag(
        Nonce::assume_unique_for_key(nonce),
        Aad::from(about),
        &mut sealed[NONCE_LEN..],
    )?;
    sealed.extend_from_slice(tag.as_ref());
    Ok(sealed)
}

/// The plain bytes of what [`seal`] made; `None` where the key is another, or anything was changed.
pub(super) fn unseal(key: &Key, about: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, rest) = sealed.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let cipher = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key.expose()).ok()?);
    let mut plain = Zeroizing::new(rest.to_vec());
    let length = cipher.open_in_place(nonce, Aad::from(about), &mut plain).ok()?.len();
    plain.truncate(length);
    Some(plain)
}

/// Replaces a file whole: written beside it, brought to the disk, renamed over it. Only the owner may read it.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    replace_with(path, bytes, &Checkpoint::default())
}

/// As [`replace`], with the named point at which tests stop the process.
pub(super) fn replace_with(path: &Path, bytes: &[u8], checkpoint: &Checkpoint) -> Result<(), VaultError> {
    let part = beside(path, "part");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&part).map_err(|e| VaultError::io(&part, e))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(|e| VaultError::io(&part, e))?;
    drop(file);
    checkpoint.pass(UNRENAMED);
    std::fs::rename(&part, path).map_err(|e| VaultError::io(path, e))?;
    sync_folder(path)
}

/// Brings the renaming itself to the disk, where the system has a way to.
fn sync_folder(path: &Path) -> Result<(), VaultError> {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|e| VaultError::io(folder, e))?;
    }
    Ok(())
}

/// Holds a lock file beside `path` until dropped; waits for whoever holds it, in this process or another.
pub(super) fn lock(path: &Path) -> Result<File, VaultError> {
    let lock = beside(path, "lock");
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&lock);
    let file = file.map_err(|e| VaultError::io(&lock, e))?;
    file.lock().map_err(|e| VaultError::io(&lock, e))?;
    Ok(file)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}
