//! What is plugged into USB, from the kernel's files (sysfs, Documentation/ABI/stable/sysfs-bus-usb).

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

/// One device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plugged {
    /// `idVendor`.
    pub vendor: u16,
    /// `idProduct`.
    pub product: u16,
    /// Manufacturer and product as the device tells them; it may tell anything, or nothing.
    pub name: String,
    /// Whether one of its interfaces is of the smart card class, `0b` (USB-IF: CCID 1.1 §4.2).
    pub smart_card: bool,
}

/// Where the kernel lists the devices.
pub fn usual() -> PathBuf {
    PathBuf::from("/sys/bus/usb/devices")
}

/// Every device below `root`, hubs left out, in the order of their ports. A device that leaves in the middle
/// is left out, too.
///
/// # Errors
/// `root` can't be read: there is no USB, or a container hides it.
pub fn devices(root: &Path) -> io::Result<Vec<Plugged>> {
    let mut names: Vec<String> = fs::read_dir(root)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        // `1-1.2` is a device, `1-1.2:1.0` one of its interfaces, `usb1` a root hub.
        .filter(|name| name.starts_with(|letter: char| letter.is_ascii_digit()) && !name.contains(':'))
        .collect();
    names.sort();
    Ok(names.iter().filter_map(|name| device(root, name)).collect())
}

fn device(root: &Path, name: &str) -> Option<Plugged> {
    let folder = root.join(name);
    let text = |file: &str| value(&folder.join(file));
    let number = |file: &str| u16::from_str_radix(&text(file)?, 16).ok();
    if text("bDeviceClass").as_deref() == Some(HUB) {
        return None;
    }
    let named = [text("manufacturer"), text("product")];
    let named: Vec<String> = named.into_iter().flatten().filter(|text| !text.is_empty()).collect();
    Some(Plugged {
        vendor: number("idVendor")?,
        product: number("idProduct")?,
        name: named.join(" "),
        smart_card: interfaces(&folder, name).any(|class| class == SMART_CARD),
    })
}

/// Classes of the device's interfaces; their folders are in the device's own.
fn interfaces(folder: &Path, name: &str) -> impl Iterator<Item = String> {
    let start = format!("{name}:");
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let own = entries.filter(move |entry| entry.file_name().to_string_lossy().starts_with(&start));
    own.filter_map(|entry| value(&entry.path().join("bInterfaceClass")))
}

/// A file of one line; what a device tells may be any bytes.
fn value(path: &Path) -> Option<String> {
    let bytes = fs::read(path).ok()?;
    Some(String::from_utf8_lossy(&bytes).trim().chars().take(LONGEST).collect())
}

const HUB: &str = "09";
const SMART_CARD: &str = "0b";
const LONGEST: usize = 126;

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn tree(files: &[(&str, &[u8])]) -> TempDir {
        let root = tempfile::tempdir().expect("scratch");
        for (path, bytes) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("scratch");
            fs::write(path, bytes).expect("scratch");
        }
        root
    }

    #[test]
    fn devices_are_read_from_the_kernels_files() {
        let root = tree(&[
            ("usb1/idVendor", b"1d6b\n"),
            ("usb1/idProduct", b"0002\n"),
            ("1-1/idVendor", b"0529\n"),
            ("1-1/idProduct", b"0620\n"),
            ("1-1/bDeviceClass", b"00\n"),
            ("1-1/manufacturer", b"SafeNet\n"),
            ("1-1/product", b"Token JC\n"),
            ("1-1/1-1:1.0/bInterfaceClass", b"0b\n"),
            ("1-1:1.0/bInterfaceClass", b"0b\n"),
            ("1-2/idVendor", b"1a40\n"),
            ("1-2/idProduct", b"0101\n"),
            ("1-2/bDeviceClass", b"09\n"),
            ("1-2.1/idVendor", b"046d\n"),
            ("1-2.1/idProduct", b"c31c\n"),
            ("1-2.1/product", b"\xffBoard\x1b[2J"),
            ("1-2.1/1-2.1:1.0/bInterfaceClass", b"03\n"),
            ("1-3/idVendor", b"dead\n"),
            ("1-4/idVendor", b"xyzw\n"),
            ("1-4/idProduct", b"0001\n"),
        ]);
        let found = devices(root.path()).expect("readable");
        let token = Plugged {
            vendor: 0x0529,
            product: 0x0620,
            name: "SafeNet Token JC".to_owned(),
            smart_card: true,
        };
        assert_eq!(found[0], token);
        assert_eq!((found[1].vendor, found[1].smart_card), (0x046d, false));
        assert_eq!(found.len(), 2, "no hub, nothing half there: {found:?}");
    }

    #[test]
    fn a_machine_without_usb_says_so() {
        assert!(devices(Path::new("/nowhere/at/all")).is_err());
        assert_eq!(devices(tree(&[]).path()).expect("an empty list"), []);
    }
}
