use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;

/// A machine of files: `/lib` for libraries, `/kit` and `/own` for p11-kit's files.
struct Machine {
    root: TempDir,
}

impl Machine {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("scratch");
        for folder in ["lib/pkcs11", "kit", "own/modules", "home"] {
            fs::create_dir_all(root.path().join(folder)).expect("scratch");
        }
        Self { root }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.at(name);
        fs::write(&path, bytes).expect("scratch");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("scratch");
    }

    /// A library that passes for a module: one of this machine with the entry's name in it and no sections.
    fn module(&self, name: &str) {
        let machine = fs::read(std::env::current_exe().expect("a program")).expect("readable");
        let mut header = machine[..64].to_vec();
        header[16..18].copy_from_slice(&3_u16.to_le_bytes());
        // e_phoff, e_shoff, then e_phnum and the rest of the tables: there are none.
        header[32..48].fill(0);
        header[56..64].fill(0);
        header[58..60].copy_from_slice(&64_u16.to_le_bytes());
        self.write(name, [header.as_slice(), name.as_bytes(), b"C_GetFunctionList\0"].concat());
    }

    /// The same for 32-bit i386: EI_CLASS and e_machine (ELF, System V gABI §4).
    fn narrow(&self, name: &str) {
        self.module(name);
        let mut narrow = fs::read(self.at(name)).expect("readable");
        narrow[4] = 1;
        narrow[18..20].copy_from_slice(&3_u16.to_le_bytes());
        narrow[28..36].fill(0);
        narrow[46..52].copy_from_slice(&[40, 0, 0, 0, 0, 0]);
        self.write(name, narrow);
    }

    fn kit(&self, name: &str, text: &str) {
        self.write(&format!("kit/{name}.module"), text);
    }

    fn find(&self) -> Found {
        find(&self.places(), &List::parse(LIST).expect("a list"))
    }

    fn places(&self) -> Places {
        Places {
            p11kit: P11Kit {
                folders: vec![self.at("kit")],
                settings: self.at("pkcs11.conf"),
                own: Some(self.at("own")),
            },
            relative: vec![self.at("lib/pkcs11")],
            libraries: vec![self.at("lib")],
            root: self.root.path().to_owned(),
            system: "linux".to_owned(),
        }
    }

    fn taken(&self) -> Vec<String> {
        let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
        self.find().modules.iter().map(|module| name(&module.path)).collect()
    }

    /// Names and reasons of what was left out.
    fn left(&self) -> Vec<(String, &'static str)> {
        let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let left = self.find().candidates.into_iter().filter_map(|candidate| {
            let reason = candidate.left_out?.name();
            Some((name(&candidate.path).unwrap_or_default(), reason))
        });
        left.collect()
    }
}

#[test]
fn vendors_first_then_the_unknown_then_those_for_any_card() {
    let machine = Machine::new();
    for name in ["any.so", "second.so", "first.so.1.2", "pkcs11/unknown.so"] {
        machine.module(&format!("lib/{name}"));
    }
    symlink("first.so.1.2", machine.at("lib/first.so")).expect("scratch");
    machine.kit("unknown", "module: unknown.so\nx-init-reserved: a='b'\n");
    let found = machine.find();
    assert_eq!(machine.taken(), ["first.so.1.2", "second.so", "unknown.so", "any.so"]);
    let settings: Vec<_> = found.modules.iter().map(|module| &module.settings).collect();
    assert_eq!((settings[0].slow, settings[0].parallel, settings[0].landlock), (true, 4, false));
    assert_eq!((settings[2].reserved.as_deref(), settings[2].landlock), (Some("a='b'"), false));
    assert!(settings[3].landlock);
    assert_eq!(found.candidates[0].vendor.as_deref(), Some("First"));
    assert_eq!(found.candidates[2].file, Some(machine.at("kit/unknown.module")));
    assert!(machine.left().is_empty());
}

#[test]
fn a_priority_goes_before_the_lists_order() {
    let machine = Machine::new();
    machine.module("lib/first.so");
    machine.module("lib/any.so");
    machine.kit("any", &format!("module: {}\npriority: 1\n", machine.at("lib/any.so").display()));
    assert_eq!(machine.taken(), ["any.so", "first.so"]);
}

#[test]
fn one_library_by_several_names_is_one() {
    let machine = Machine::new();
    machine.module("lib/first.so");
    symlink("../first.so", machine.at("lib/pkcs11/link.so")).expect("scratch");
    machine.kit("a", "module: link.so\n");
    machine.kit("b", &format!("module: {}\n", machine.at("lib/first.so").display()));
    assert_eq!(machine.taken(), ["first.so"]);
    assert_eq!(machine.left(), [("first.so".to_owned(), "same_library")]);
}

#[test]
fn what_is_switched_off_is_off_for_the_list_too() {
    let machine = Machine::new();
    machine.module("lib/first.so");
    machine.module("lib/second.so");
    machine.kit("first", &format!("module: {}\n", machine.at("lib/first.so").display()));
    machine.write("own/modules/first.module", "module:\n");
    machine.kit("second", &format!("module: {}\ndisable-in: kyso\n", machine.at("lib/second.so").display()));
    assert!(machine.taken().is_empty());
    let off = |name: &str| (name.to_owned(), "switched_off");
    assert_eq!(machine.left(), [off("first.so"), off("second.so")]);
}

#[test]
fn what_does_not_sign_is_left_out_with_its_reason() {
    let machine = Machine::new();
    for name in ["trust.so", "far.so", "libp11-kit.so.0", "p11-kit-client.so", "z.so"] {
        machine.module(&format!("lib/pkcs11/{name}"));
    }
    symlink("libp11-kit.so.0", machine.at("lib/pkcs11/p11-kit-proxy.so")).expect("scratch");
    machine.kit("client", "module: p11-kit-client.so\n");
    machine.kit("proxy", "module: p11-kit-proxy.so\n");
    machine.kit("remote", "module: far.so\nremote: |ssh there\n");
    machine.kit("trust", "module: trust.so\ntrust-policy: yes\n");
    machine.kit("x", "nonsense\n");
    machine.kit("z", "module: z.so\n");
    assert_eq!(machine.taken(), ["z.so", "p11-kit-client.so"]);
    let expected = [
        ("p11-kit-proxy.so", "proxy"),
        ("far.so", "remote"),
        ("trust.so", "trust_only"),
        ("", "broken_file"),
    ];
    assert_eq!(machine.left(), expected.map(|(name, reason)| (name.to_owned(), reason)));
}

#[test]
fn r47_only_what_the_administrator_installed_is_found() {
    let machine = Machine::new();
    machine.module("home/mine.so");
    machine.module("lib/open.so");
    machine.narrow("lib/narrow.so");
    fs::set_permissions(machine.at("lib/open.so"), fs::Permissions::from_mode(0o666)).expect("scratch");
    machine.write("lib/text.so", "text");
    symlink(machine.at("home/mine.so"), machine.at("lib/second.so")).expect("scratch");
    machine.kit("a", &format!("module: {}\n", machine.at("home/mine.so").display()));
    machine.kit("b", "module: ../../home/mine.so\n");
    machine.kit("c", "module: gone.so\n");
    for name in ["narrow", "open", "text"] {
        machine.kit(name, &format!("module: {}\n", machine.at(&format!("lib/{name}.so")).display()));
    }
    assert!(machine.taken().is_empty());
    let expected = [
        ("mine.so", "folder_not_allowed"),
        ("mine.so", "same_library"),
        ("gone.so", "missing"),
        ("narrow.so", "other_machine"),
        ("open.so", "writable_by_others"),
        ("text.so", "no_library"),
    ];
    assert_eq!(machine.left(), expected.map(|(name, reason)| (name.to_owned(), reason)));
}

/// Where a vendor's installer brought its 32-bit library alone, the person is told so, not that there is none.
#[test]
fn a_listed_library_among_the_32_bit_ones_is_named_as_of_another_machine() {
    for folder in ["usr/lib/i386-linux-gnu", "usr/lib32"] {
        let machine = Machine::new();
        fs::create_dir_all(machine.at(folder)).expect("scratch");
        machine.narrow(&format!("{folder}/libbit4xpki.so"));
        let below =
            |path: PathBuf| machine.at(path.strip_prefix("/").expect("absolute").to_str().expect("UTF-8"));
        let libraries = sys::modules::libraries().into_iter().map(below).collect();
        let found = find(&Places { libraries, ..machine.places() }, &List::shipped());
        assert!(found.modules.is_empty(), "{folder}");
        let [candidate] = found.candidates.as_slice() else { panic!("{folder}: {:?}", found.candidates) };
        assert_eq!(candidate.vendor.as_deref(), Some("Bit4id xPKI"));
        let machine = Reason::Unfit(Unfit::Machine("32-bit x86".to_owned()));
        assert_eq!(candidate.left_out, Some(machine), "{folder}");
    }
}

#[test]
fn what_is_configured_is_all_there_is() {
    let machine = Machine::new();
    machine.module("home/mine.so");
    let module = |path| ModuleConfig { path, ..ModuleConfig::default() };
    let wanted = vec![module(machine.at("home/mine.so")), module(machine.at("home/gone.so"))];
    let found = configured(wanted.clone(), &List::parse(LIST).expect("a list"));
    assert_eq!(found.modules, wanted);
    let reasons = found.candidates.iter().map(|candidate| candidate.left_out.as_ref().map(Reason::name));
    assert_eq!(reasons.collect::<Vec<_>>(), [None, Some("missing")]);
}

const LIST: &str = "\
    [folders]\nlinux = [\"/lib\"]\n\
    [[vendor]]\nname = \"First\"\nused_by = \"x\"\nslow = true\nparallel = 4\nfiles.linux = [\"first.so\"]\n\
    [[vendor]]\nname = \"Second\"\nused_by = \"x\"\nfiles.linux = [\"second.so\"]\n\
    [[vendor]]\nname = \"Any\"\nused_by = \"x\"\ngeneric = true\nlandlock = true\nfiles.linux = [\"any.so\"]\n";
