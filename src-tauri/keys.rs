//! Where profile keys are kept on this machine.

use std::path::Path;

use countinghouse_core::app::{ApiError, Code, Keys, ProfileInfo};
use countinghouse_core::auth::vault::Key;

/// Keys by the rules of the home folder: a demo profile, which holds only invented data, keeps its key in a file beside it.
pub(crate) struct HomeKeys;

impl Keys for HomeKeys {
    fn key(&self, folder: &Path, _profile: &ProfileInfo, create: bool) -> Result<Key, ApiError> {
        let file = folder.join("key");
        if create {
            let key = Key::generate().map_err(|_| ApiError::internal("the system has no random numbers"))?;
            write_private(&file, key.expose()).map_err(|e| ApiError::folder(&file, &e))?;
            return Ok(key);
        }
        let bytes = std::fs::read(&file).map_err(|e| ApiError::folder(&file, &e))?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| {
            ApiError::new(
                Code::Locked,
                "the profile's key file is damaged",
                "Restore it from a backup.",
            )
        })?;
        Ok(Key::from_bytes(bytes))
    }
}

fn write_private(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(file)?;
    out.write_all(bytes)?;
    out.sync_all()
}
