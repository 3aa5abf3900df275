//! The dictionaries this software ships, and the style in which it cuts.

use khettara_core::log::{Codec, Dictionaries, Slim};
use khettara_core::sync::CutStyle;

use super::slim::SlimChanges;

/// Number 1, trained on invented records whose words nothing else uses: for codec 1.
const WHOLE: &[u8] = include_bytes!("dictionary-1.zdict");

/// Number 2, trained likewise on their slim form: for codec 2.
const SLIM: &[u8] = include_bytes!("dictionary-2.zdict");

/// How contents are compressed from now on.
pub const CODEC: Codec = Codec::Slim { dictionary: 2 };

/// The compressor's level. Beyond it a tablet computes longer than a slow line gains (`docs/MEASUREMENTS.md`).
pub const LEVEL: i32 = 15;

/// Every dictionary that this software can read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shipped;

impl Dictionaries for Shipped {
    fn dictionary(&self, number: u32) -> Option<&[u8]> {
        match number {
            1 => Some(WHOLE),
            2 => Some(SLIM),
            _ => None,
        }
    }

    fn slim(&self) -> Option<&dyn Slim> {
        Some(&SlimChanges)
    }
}

/// How a party whose documents are ours cuts its entries.
#[must_use]
pub fn cut_style() -> CutStyle {
    CutStyle { codec: CODEC, level: LEVEL, dictionaries: Box::new(Shipped) }
}

#[cfg(test)]
mod tests {
    use khettara_core::id::{Feed, Incarnation, OrgId, StartNonce};
    use khettara_core::identity::{FeedKey, SigningKey};
    use khettara_core::log::{
        Cutter, Descriptor, Entry, NoDictionaries, RosterSeen, Segment, Start, Tip, Unit, Written, actor_id,
        first_head, open, pack, unpack,
    };
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::model::{Form, HouseholdDocument, parse_line};

    const ORG: OrgId = OrgId([1; 32]);
    const NONCE: StartNonce = StartNonce([5; 16]);

    /// A Start and a family, cut as a tablet cuts them.
    fn cut() -> (Vec<Written>, Segment, FeedKey) {
        let signing = SigningKey::from_seed(&[2; 32]);
        let feed = Feed::new("08.201.11.07").expect("feed");
        let incarnation = Incarnation([3; 16]);
        let log = Descriptor { device: signing.public(), feed, incarnation, continues: None }.log_id(&ORG);
        let line = r#"{"record":"household","commune":"08.201.11.07","status":"nomadic","water":"well",
            "members":[{"name_latin":"Itto","sex":"female","relation":"head"}]}"#;
        let Ok(Form::Household(form)) = parse_line(1, line) else { panic!("a household") };
        let (document, recorded) =
            HouseholdDocument::create(actor_id(&log, &NONCE), 2, &form).expect("records");
        let start = Start { nonce: NONCE, software: "test".into(), schema: 1 };
        let start = Written::plain(&Entry::Start(start)).expect("plain");
        let items = vec![start, Written::change(&document.id(), &recorded.chunk)];
        let (style, key) = (cut_style(), FeedKey::new([6; 32]));
        let cutter = Cutter {
            org: &ORG,
            signing: &signing,
            log,
            key: Some(&key),
            codec: style.codec,
            level: style.level,
            dictionaries: &*style.dictionaries,
            roster_seen: RosterSeen::Position(0),
        };
        let (mut segments, _) = cutter.cut(Tip::start(&log), &items).expect("cuts");
        (items, segments.remove(0), key)
    }

    #[test]
    fn a_dictionary_never_changes_and_its_own_id_is_its_number() {
        let hashes = [
            "25f99dc9794bf2f5c542bc005d1e39cd507649180bcc1dcf0ad2131ae7660942",
            "9b4b81befe6014a802101725a2fc1ef4a329cc8881ae6d73b265774170f7cb5b",
        ];
        for (number, pinned) in (1u32..).zip(hashes) {
            let dictionary = Shipped.dictionary(number).expect("is shipped");
            let hash: String = Sha256::digest(dictionary).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hash, pinned, "number {number}");
            assert_eq!(dictionary[..4], 0xec30_a437_u32.to_le_bytes(), "a zstd dictionary");
            assert_eq!(dictionary[4..8], number.to_le_bytes(), "whose own id is its number");
        }
        assert_eq!(Shipped.dictionary(0).or(Shipped.dictionary(3)), None);
    }

    #[test]
    fn what_is_cut_in_our_style_opens_again() {
        let (items, segment, key) = cut();
        let before = first_head(&segment.body().log);
        let Unit::Entries(entries) = open(&ORG, &segment, &before, false, Some(&key), &Shipped) else {
            panic!("opens");
        };
        assert_eq!(entries.into_iter().map(|entry| entry.written).collect::<Vec<_>>(), items);
    }

    #[test]
    fn a_reader_without_the_dictionary_waits_for_newer_software_and_calls_nothing_broken() {
        let (_, segment, key) = cut();
        let before = first_head(&segment.body().log);
        let unit = open(&ORG, &segment, &before, false, Some(&key), &NoDictionaries);
        assert_eq!(unit, Unit::WaitingSoftware);
    }

    #[test]
    fn a_family_is_a_quarter_smaller_with_the_dictionary_and_smaller_still_in_the_slim_form() {
        let (items, segment, _) = cut();
        let bytes: Vec<u8> = items.iter().flat_map(|item| item.bytes.clone()).collect();
        let with = pack(&bytes, Codec::Zstd { dictionary: 1 }, LEVEL, &Shipped).expect("packs");
        let without = pack(&bytes, Codec::Zstd { dictionary: 0 }, LEVEL, &Shipped).expect("packs");
        assert_eq!(unpack(&with, &Shipped).as_ref(), Ok(&bytes));
        assert!(with.len() * 4 < without.len() * 3, "{} and {}", with.len(), without.len());
        let slim = segment.sealed().len();
        assert!(slim < with.len(), "sealed: {slim} and {}", with.len());
    }
}
