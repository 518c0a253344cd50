//! Files that one reader shows as they were signed, and another as somebody changed them.

use super::*;

/// The signature is good, and Poppler shows what nobody signed: each of these is refused.
#[test]
fn what_another_reader_would_show_is_not_passed_over() {
    let office = Office::open();
    office.sign("leader", &[0], "person-rsa");
    let signed = office.site.get("/documents/0.pdf").body;
    let honest = place(&signed);
    let update = another_page(&signed);
    let (evil, body) = (place(&update), &update[..rposition(&update, b"startxref")]);
    let with = |end: &str| [body, end.as_bytes()].concat();
    let far = " ".repeat(1100);
    let trailer = String::from_utf8_lossy(&body[rposition(body, b"trailer")..]).into_owned();
    let astray = trailer.replace(&format!("/Prev {honest}"), &format!("/Prev {}", honest + 4));
    assert_ne!(astray, trailer);
    let table = format!("xref\n0 1\n0000000000 65535 f \n{astray}startxref\n{}\n%%EOF\n", body.len());
    for (name, file) in [
        ("behind.pdf", with(&format!("startxref\n{honest}\n%%EOF\nstartxref\n{evil}\n"))),
        ("twice.pdf", with(&format!("startxref\n{honest}\n%%EOF\nstartxref\n{evil}\n%%EO\n"))),
        ("inside.pdf", with(&format!("startxref\n{honest}\n%%EOF startxref {evil}"))),
        ("nowhere.pdf", with(&format!("startxref\n{}\n%%EOF\n", honest + 4))),
        ("astray.pdf", with(&table)),
        ("far.pdf", with(&format!("startxref\n{honest}\n%%EOF\n{far}"))),
        ("more.pdf", with(&format!("startxref\n{honest}\n%%EOF\n% and more\n"))),
    ] {
        let verdict = office.verdict(name, &file);
        assert_eq!(verdict["valid"], false, "{name}: {verdict}");
        assert_eq!(verdict["signatures"][0]["problems"], json!(["changed"]), "{name}: {verdict}");
    }
    let shown = office.keep("shown.pdf", &with(&format!("startxref\n{honest}\n%%EOF\nstartxref\n{evil}\n")));
    let text = |file: &PathBuf| Command::new("pdftotext").arg(file).arg("-").output().unwrap().stdout;
    let whole = office.keep("whole.pdf", &signed);
    assert_ne!(text(&shown), text(&whole), "Poppler goes by the last startxref");
    assert_eq!(office.verdict("whole.pdf", &signed)["valid"], true);
}

/// The leader's own signature, put where the seal belongs, is no seal.
#[test]
fn a_signature_counts_in_the_field_that_it_was_made_in_alone() {
    let office = Office::open();
    office.sign("leader", &[0], "person-rsa");
    let signed = office.site.get("/documents/0.pdf").body;
    let copied = changed(&signed, |update| {
        let before = update.get_prev_documents();
        let leader = before.get_dictionary(field(before, "chu_ky_lanh_dao")).unwrap();
        let (signature, seal) = (leader.get(b"V").unwrap().clone(), field(before, "dau_co_quan"));
        update.opt_clone_object_to_new_document(seal).unwrap();
        update.new_document.get_dictionary_mut(seal).unwrap().set("V", signature);
    });
    let verdict = office.verdict("copied.pdf", &copied);
    let found = verdict["signatures"].as_array().unwrap();
    let seal = found.iter().find(|found| found["role"] == "clerk").unwrap();
    assert!(seal["problems"].as_array().unwrap().contains(&"changed".into()), "{verdict}");
}

/// An update with another page's content.
fn another_page(signed: &[u8]) -> Vec<u8> {
    changed(signed, |update| {
        let page = update.get_prev_documents().page_iter().next().unwrap();
        update.opt_clone_object_to_new_document(page).unwrap();
        let content = update.new_document.add_object(lopdf::Stream::new(lopdf::dictionary! {}, Vec::new()));
        update.new_document.get_dictionary_mut(page).unwrap().set("Contents", content);
    })
}

/// Where the newest table of a file stands, as its end says.
fn place(file: &[u8]) -> usize {
    let end = String::from_utf8_lossy(&file[rposition(file, b"startxref")..]).into_owned();
    end.lines().nth(1).unwrap().parse().unwrap()
}

fn rposition(file: &[u8], what: &[u8]) -> usize {
    file.windows(what.len()).rposition(|window| window == what).unwrap()
}
