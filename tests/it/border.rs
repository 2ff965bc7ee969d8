//! The border: the file the pages are compiled against is the one the commands make, and only listed commands answer.

use std::path::Path;

use countinghouse_core::api::border::typescript;
use countinghouse_core::api::{Class, LIST, class_of};

#[test]
fn the_pages_are_compiled_against_the_border_as_it_is() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/src/lib/gen/api.ts");
    let made = typescript();
    #[expect(clippy::disallowed_methods, reason = "asks whether the file is to be written anew")]
    let update = std::env::var_os("UPDATE").is_some();
    if update {
        std::fs::write(&path, &made).expect("the border file can be written");
    }
    let kept = std::fs::read_to_string(&path).expect("the border file is there");
    let differs = kept.lines().zip(made.lines()).find(|(kept, made)| kept != made);
    assert_eq!(
        differs, None,
        "ui/src/lib/gen/api.ts is not what the commands say; UPDATE=1 writes it anew"
    );
    assert_eq!(
        kept.len(),
        made.len(),
        "ui/src/lib/gen/api.ts is cut or has a tail; UPDATE=1 writes it anew"
    );
}

#[test]
fn every_command_has_one_entry_and_one_class() {
    for (index, command) in LIST.iter().enumerate() {
        assert_eq!(
            class_of(command.name),
            Some(command.class),
            "{} has its own class",
            command.name
        );
        let again = LIST.iter().skip(index + 1).any(|other| other.name == command.name);
        assert!(!again, "{} stands twice in the list", command.name);
    }
    assert_eq!(class_of("eval"), None, "what is not listed has no class");
    assert_eq!(
        class_of("connect_shopify"),
        Some(Class::Files),
        "secrets go by the entry for secrets"
    );
    assert_eq!(class_of("set_setting"), Some(Class::Change), "settings are a change");
}
