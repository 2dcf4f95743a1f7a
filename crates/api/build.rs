//! Lists what `console/dist` has, for `src/pages/built.rs` to have it in the binary. It builds nothing there: without Node, and before
//! `scripts/console.sh`, the list is empty, and the server has its plain page instead.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let dist = Path::new(&env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../../console/dist");
    // Cargo takes what is not there for changed, each time; an empty folder is there. Where it cannot be made nobody builds a console.
    let _ = fs::create_dir_all(&dist);
    println!("cargo::rerun-if-changed={}", dist.display());
    let mut files = BTreeMap::new();
    if dist.join("index.html").is_file() {
        collect(&dist, &dist, &mut files)?;
    }
    let list = Path::new(&env::var("OUT_DIR").unwrap_or_default()).join("built.rs");
    fs::write(list, source(&files)?)
}

/// Every file below `folder`, by its name below `root`.
fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if let Some(name) = path.strip_prefix(root).ok().and_then(Path::to_str) {
            files.insert(name.replace('\\', "/"), path.canonicalize()?);
        }
    }
    Ok(())
}

/// `&[File { … }, …]`. What there is compressed is not there plain as well.
fn source(files: &BTreeMap<String, PathBuf>) -> io::Result<String> {
    let mut list = String::from("&[\n");
    for (name, path) in files {
        let compressed = |suffix: &str| files.get(&format!("{name}{suffix}"));
        if name.ends_with(".br") || name.ends_with(".gz") {
            continue;
        }
        let (br, gz) = (compressed(".br"), compressed(".gz"));
        let plain = if gz.is_none() { Some(path) } else { None };
        let contents = [("plain", plain), ("br", br), ("gz", gz)];
        let _ = write!(list, "File {{ name: {name:?}, ");
        for (field, path) in contents {
            let _ = write!(list, "{field}: {}, ", content(path)?);
        }
        list.push_str("},\n");
    }
    list.push(']');
    Ok(list)
}

fn content(path: Option<&PathBuf>) -> io::Result<String> {
    let Some(path) = path else { return Ok("None".to_owned()) };
    let mut hasher = DefaultHasher::new();
    fs::read(path)?.hash(&mut hasher);
    let tag = format!("\"{:016x}\"", hasher.finish());
    Ok(format!("Some(Content {{ bytes: include_bytes!({path:?}), tag: {tag:?} }})"))
}
