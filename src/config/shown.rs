//! A configuration as a stranger may see it.

use super::{Fault, File};

/// What this text sets, written anew from what it was read as: without its comments, and with each module's `reserved`
/// behind a mark, since vendors have that hold what they like, PINs included.
///
/// # Errors
/// If the text can't be understood.
pub fn shown(text: &str) -> Result<String, Fault> {
    let mut file: File = toml::from_str(text).map_err(|error| Fault::of(&error, text))?;
    for module in file.modules.iter_mut().flatten() {
        module.reserved = module.reserved.as_ref().map(|_| RESERVED.to_owned());
    }
    Ok(toml::to_string(&file).unwrap_or_else(|error| error.to_string()))
}

/// In place of a `reserved`.
pub const RESERVED: &str = "‹reserved›";

#[cfg(test)]
mod tests {
    use super::*;

    /// However TOML lets it be written.
    #[test]
    fn nothing_of_a_reserved_is_left() {
        for reserved in [
            r#"reserved = "pin=hunter2""#,
            r#"reserved = "pin=\u0068unter2""#,
            r#"reserved = "\"hunter2\"""#,
            r#"reserved = "pin=hunter2\\x""#,
            "reserved = 'pin=hunter2'",
            "reserved = \"\"\"\npin=\\\n  hunter2\"\"\"",
            "reserved = '''\npin=\nhunter2'''",
            r#""reserved" = "hunter2""#,
            "'reserved' = 'hunter2'",
            "reserved = 'x' # hunter2\n# reserved = \"hunter2\"",
        ] {
            let text = format!("# hunter2\nport = 21500\n[[modules]]\npath = \"/a.so\"\n{reserved}\n");
            let shown = shown(&text).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
            for part in ["hunter2", "pin", "u0068", "unter", "#"] {
                assert!(!shown.contains(part), "{part} of {text} is in {shown}");
            }
            assert!(shown.contains("port = 21500") && shown.contains("path = \"/a.so\""), "{shown}");
            assert_eq!(shown.matches("reserved = \"‹reserved›\"").count(), 1, "{shown}");
        }
        let inline = "modules = [{ path = \"/a.so\", reserved = 'hunter2', slow = true }]\nkeep_login.idle = 60\nkeep_login.most = 90";
        let shown = shown(inline).expect("valid");
        assert!(!shown.contains("hunter2") && shown.contains("slow = true"), "{shown}");
        assert!(shown.contains("idle = 60") && shown.contains("most = 90"), "{shown}");
    }

    /// What can't be read may hold a secret, too.
    #[test]
    fn a_fault_is_told_without_what_stands_there() {
        for text in [
            "[[modules]]\npath = \"/a.so\"\nreserved = \"hunter2",
            "[[modules]]\npath = \"/a.so\"\nreserved = hunter2",
            "[[modules]]\npath = \"/a.so\"\nreservd = \"hunter2\"",
            "[[modules]]\npath = \"/a.so\"\nreserved = [\"hunter2\"]",
            "[[modules]]\npath = \"/a.so\"\nslow = \"hunter2\"",
            "modules = [{ reserved = \"hunter2\" }]",
        ] {
            let fault = shown(text).expect_err(text);
            for lang in crate::text::Lang::ALL {
                let told = fault.told_to_others(lang);
                assert!(
                    !told.contains("hunter2")
                        && told.contains("(…)") | told.contains("'…'") | told.contains("«…»"),
                    "{told}"
                );
            }
        }
    }
}
