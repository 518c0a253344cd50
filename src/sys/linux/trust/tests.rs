use super::*;

fn database(folder: &Path) {
    fs::create_dir_all(folder).expect("scratch");
    fs::write(folder.join("cert9.db"), "").expect("scratch");
}

fn places(home: &Path) -> Places {
    Places { home: home.to_owned(), config: home.join(".config"), data: home.join(".local/share") }
}

fn found(home: &Path, kind: Kind) -> Vec<String> {
    let stores = places(home).browsers().into_iter().filter(|store| store.kind == kind);
    let inside = |store: Store| store.folder.strip_prefix(home).expect("at home").display().to_string();
    stores.map(inside).collect()
}

#[test]
fn every_place_of_a_database_is_known() {
    let folder = tempfile::tempdir().expect("scratch");
    let home = folder.path();
    let chromium = [
        ".pki/nssdb",
        ".local/share/pki/nssdb",
        "snap/chromium/current/.pki/nssdb",
        ".var/app/org.chromium.Chromium/./.pki/nssdb",
    ];
    let firefox = [
        ".mozilla/firefox/a.default",
        ".mozilla/firefox/b.default-esr",
        ".config/mozilla/firefox/c.default",
        "snap/firefox/common/.mozilla/firefox/d.default",
        ".var/app/org.mozilla.firefox/.mozilla/firefox/e.default",
    ];
    chromium.iter().chain(&firefox).for_each(|place| database(&home.join(place)));
    // A profile elsewhere, one that never ran, and one under a second name.
    database(&home.join("elsewhere"));
    let named = format!("[Profile0]\nName=x\nIsRelative=0\nPath={}\n", home.join("elsewhere").display());
    fs::write(home.join(".mozilla/firefox/profiles.ini"), named).expect("scratch");
    fs::create_dir_all(home.join(".mozilla/firefox/new.default")).expect("scratch");
    std::os::unix::fs::symlink("current", home.join("snap/chromium/1234")).expect("scratch");
    let mut all = firefox.to_vec();
    all.insert(2, "elsewhere");
    assert_eq!(found(home, Kind::Firefox), all);
    assert_eq!(found(home, Kind::Chromium), chromium.map(|place| place.replace("/./", "/")));
}

#[test]
fn chromium_keeps_to_the_place_it_has_chosen() {
    let folder = tempfile::tempdir().expect("scratch");
    database(&folder.path().join(".local/share/pki/nssdb"));
    assert_eq!(found(folder.path(), Kind::Chromium), [".local/share/pki/nssdb"]);
}
