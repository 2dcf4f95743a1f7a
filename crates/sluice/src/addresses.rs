//! `run/addresses.json`: where the running server listens, for tests and tools.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The file, which tells that the server is ready. Gone when this is dropped.
#[derive(Debug)]
pub(crate) struct AddressesFile(PathBuf);

impl AddressesFile {
    /// The place of the file in `folder`. One that a crash has left there is removed.
    pub(crate) fn in_folder(folder: &Path) -> AddressesFile {
        let file = AddressesFile(folder.join("addresses.json"));
        file.remove();
        file
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes `{"http":"ip:port",…}`, the first address of each name. Whoever reads sees all of it or nothing.
    pub(crate) fn write(&self, addresses: &[(&'static str, SocketAddr)]) -> io::Result<()> {
        let mut by_name = BTreeMap::new();
        for (name, address) in addresses {
            by_name.entry(*name).or_insert_with(|| address.to_string());
        }
        let draft = self.0.with_extension("json.new");
        fs::write(&draft, serde_json::to_string(&by_name)? + "\n")?;
        fs::rename(draft, &self.0)
    }

    fn remove(&self) {
        // Not being there is what is wanted; any other trouble shows when it is written.
        let _ = fs::remove_file(&self.0);
    }
}

impl Drop for AddressesFile {
    fn drop(&mut self) {
        self.remove();
    }
}
