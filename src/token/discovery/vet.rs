//! Whether a library may be loaded: whose it is (R47), for which machine, and whether it is a PKCS#11 module
//! at all. Looked at from outside, since constructors run as soon as it is loaded.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use object::Architecture;
use object::BinaryFormat;
use object::Object;
use object::ObjectKind;
use object::ReadCache;
use object::ReadRef;

use crate::sys;

/// Why a library is not loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// The path is relative.
    Relative,
    /// It is not there or can't be read, in the system's words.
    Gone(String),
    /// A folder, a device or the like.
    NoFile,
    /// Other users could change it or a folder above it.
    Others,
    /// No shared library of this system.
    NoLibrary,
    /// For another machine, such as `32-bit i386`.
    Machine(String),
    /// A library that is no PKCS#11 module: `C_GetFunctionList` is not among its symbols
    /// (PKCS#11 v2.40 §5.4).
    NoFunctionList,
}

/// The library itself, past every link.
///
/// # Errors
/// [`Unfit`], with nothing of it loaded.
pub fn vet(path: &Path) -> Result<PathBuf, Unfit> {
    let gone = |error: io::Error| Unfit::Gone(error.to_string());
    if !path.is_absolute() {
        return Err(Unfit::Relative);
    }
    let real = path.canonicalize().map_err(gone)?;
    if !real.is_file() {
        return Err(Unfit::NoFile);
    }
    if !sys::files::only_ours_to_write(&real).map_err(gone)? {
        return Err(Unfit::Others);
    }
    let file = File::open(&real).map_err(gone)?;
    if file.metadata().map_err(gone)?.len() > LARGEST {
        return Err(Unfit::NoLibrary);
    }
    // Headers and names alone: a whole library would stay in the agent's memory, two megabytes for SoftHSM
    // (measured), since a thread's heap does not shrink.
    inspect(&ReadCache::new(file))?;
    Ok(real)
}

/// Looks at the headers and the exported names of a library.
pub(super) fn inspect<'a>(bytes: impl ReadRef<'a>) -> Result<(), Unfit> {
    let library = object::File::parse(bytes).map_err(|_| Unfit::NoLibrary)?;
    if library.format() != FORMAT || library.kind() != ObjectKind::Dynamic {
        return Err(Unfit::NoLibrary);
    }
    let bits = if library.is_64() { 64 } else { 32 };
    let machine = library.architecture();
    let fits = own_machine().is_none_or(|own| own == machine) && bits == usize::BITS && endian_fits(&library);
    if !fits {
        return Err(Unfit::Machine(format!("{bits}-bit {}", name(machine))));
    }
    let named = library.exports().is_ok_and(|mut all| {
        all.any(|export| export.is_ok_and(|export| export.name().name() == Some(ENTRY)))
    });
    // Packers strip the section headers that exports are found by; the loader needs the name all the same.
    let stripped = library.sections().next().is_none() && contains_name(bytes);
    if named || stripped { Ok(()) } else { Err(Unfit::NoFunctionList) }
}

fn endian_fits<'a>(library: &object::File<'a, impl ReadRef<'a>>) -> bool {
    library.is_little_endian() == cfg!(target_endian = "little")
}

fn contains_name<'a>(bytes: impl ReadRef<'a>) -> bool {
    let length = bytes.len().unwrap_or_default();
    let within = |part: &[u8]| part.windows(ENTRY.len()).any(|window| window == ENTRY);
    (0..length).step_by(PART as usize).any(|start| {
        // The name may lie across two parts.
        let size = (PART + ENTRY.len() as u64).min(length - start);
        bytes.read_bytes_at(start, size).is_ok_and(within)
    })
}

/// None where this crate does not know how the machine is called; the loader decides then.
fn own_machine() -> Option<Architecture> {
    MACHINES.iter().find(|(name, _)| *name == std::env::consts::ARCH).map(|(_, machine)| *machine)
}

fn name(machine: Architecture) -> String {
    let known = MACHINES.iter().find(|(_, known)| *known == machine).map(|(name, _)| (*name).to_owned());
    known.unwrap_or_else(|| format!("{machine:?}"))
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Relative => f.write_str("not an absolute path"),
            Self::Gone(why) => f.write_str(why),
            Self::NoFile => f.write_str("not a file"),
            Self::Others => f.write_str(
                "other users could change it or its folder; it must be owned by root or you, and writable by \
                 nobody else",
            ),
            Self::NoLibrary => f.write_str("not a library of this system"),
            Self::Machine(machine) => write!(f, "made for another machine ({machine})"),
            Self::NoFunctionList => f.write_str("no PKCS#11 library: it has no C_GetFunctionList"),
        }
    }
}

const ENTRY: &[u8] = b"C_GetFunctionList";

/// Vendors' libraries have a few megabytes, and what is larger than this is none.
const LARGEST: u64 = 128 * 1024 * 1024;

/// Bytes that are searched at a time.
const PART: u64 = 64 * 1024;

const FORMAT: BinaryFormat = match std::env::consts::DLL_EXTENSION.as_bytes() {
    b"dll" => BinaryFormat::Pe,
    b"dylib" => BinaryFormat::MachO,
    _ => BinaryFormat::Elf,
};

/// `std::env::consts::ARCH` and the header's word for it.
const MACHINES: &[(&str, Architecture)] = &[
    ("x86_64", Architecture::X86_64),
    ("x86", Architecture::I386),
    ("aarch64", Architecture::Aarch64),
    ("arm", Architecture::Arm),
    ("riscv64", Architecture::Riscv64),
    ("loongarch64", Architecture::LoongArch64),
    ("powerpc64", Architecture::PowerPc64),
    ("s390x", Architecture::S390x),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The 52 bytes of a 32-bit i386 `ET_DYN` header without sections (ELF, System V gABI §4).
    fn elf32() -> Vec<u8> {
        let mut header = vec![0; 52];
        header[..7].copy_from_slice(b"\x7fELF\x01\x01\x01");
        for (at, value) in [(16, 3), (18, 3), (20, 1), (40, 52), (42, 32), (46, 40)] {
            header[at] = value;
        }
        header
    }

    /// The headers of a PE32+ DLL for x86-64 without sections.
    fn pe() -> Vec<u8> {
        let mut header = vec![0; 64 + 24 + 240];
        header[..2].copy_from_slice(b"MZ");
        header[60] = 64;
        header[64..68].copy_from_slice(b"PE\0\0");
        header[68..70].copy_from_slice(&0x8664_u16.to_le_bytes());
        header[84..86].copy_from_slice(&240_u16.to_le_bytes());
        header[86..88].copy_from_slice(&0x2022_u16.to_le_bytes());
        header[88..90].copy_from_slice(&0x020b_u16.to_le_bytes());
        header[88 + 108] = 16;
        header
    }

    #[test]
    fn another_machines_library_is_named_as_such() {
        assert_eq!(inspect(elf32().as_slice()), Err(Unfit::Machine("32-bit x86".to_owned())));
        let mut foreign = own();
        foreign[18] = 0x16;
        assert_eq!(inspect(foreign.as_slice()), Err(Unfit::Machine("64-bit s390x".to_owned())));
    }

    #[test]
    fn another_systems_library_is_none() {
        assert!(object::File::parse(&*pe()).is_ok(), "it is a DLL");
        for bytes in [pe(), b"not a library\n".repeat(100), Vec::new(), b"\x7fELF".to_vec()] {
            assert_eq!(inspect(bytes.as_slice()), Err(Unfit::NoLibrary));
        }
    }

    #[test]
    fn a_program_without_the_entry_is_no_module() {
        assert_eq!(inspect(own().as_slice()), Err(Unfit::NoFunctionList));
    }

    #[test]
    fn the_name_is_found_wherever_it_lies() {
        let part = PART as usize;
        for place in [0, 1, part - 1, part - ENTRY.len() / 2, part, 2 * part + 7] {
            let mut bytes = vec![0; 3 * part];
            bytes[place..place + ENTRY.len()].copy_from_slice(ENTRY);
            assert!(contains_name(bytes.as_slice()), "{place}");
            bytes[place] = b'c';
            assert!(!contains_name(bytes.as_slice()), "{place}");
        }
    }

    #[test]
    fn a_broken_file_is_an_answer() {
        let whole = own();
        let head = &whole[..whole.len().min(1 << 16)];
        for cut in (0..head.len()).step_by(257) {
            assert!(inspect(&head[..cut]).is_err());
        }
        for place in 0..1024.min(head.len()) {
            let mut bent = head.to_vec();
            bent[place] ^= 0xff;
            let _ = inspect(bent.as_slice());
        }
    }

    /// The C library's mathematics is a library of this machine.
    fn own() -> Vec<u8> {
        let folder = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
        let found = [folder.as_str(), "/usr/lib64", "/usr/lib"]
            .into_iter()
            .find_map(|folder| std::fs::read(Path::new(folder).join("libm.so.6")).ok());
        found.expect("libm.so.6 is on every Linux")
    }
}
